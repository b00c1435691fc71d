import type { RetentionService, TrashEntry } from '../../../retention/run/types.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { ago, inTime } from '../periods.ts'
import { formatSize } from '../sizes.ts'
import { tableLines } from '../table.ts'
import { terminalWidth } from '../terminal-width.ts'
import { writeLines } from '../write-lines.ts'
import { atMost } from './at-most.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { itemText } from './item-text.ts'
import { lookAtRetention } from './use-retention.ts'

interface Flags extends GcFlags {
  readonly limit?: string
  readonly repository?: string
  readonly trunc: boolean
}

const largestPage = 1000

/** `ibuild gc trash list` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('trash list', 'List what can still come back, the newest first', 'print a JSON array')
    .option('--repository <name>', 'only what is from that repository')
    .option('--limit <count>', 'so many at most, up to 100000 (default: 100)')
    .option('--no-trunc', 'print whole digests')
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const limit = atMost(flags.limit, { standard: 100, most: 100_000 })
  const { entries, total } = await lookAtRetention(flags, async (service) => ({
    entries: await entriesOf(service, limit, flags),
    total: (await service.status()).trash.entries,
  }))
  if (flags.json === true) await writeLines([jsonText(entries)])
  else await writeLines(tableLines(rowsOf(entries, flags), { flexible: 5, width: terminalWidth() }))
  if (entries.length === limit && total > limit) process.stderr.write(`there are ${total} in all: --limit lists more\n`)
  return 0
}

async function entriesOf(
  service: Pick<RetentionService, 'trash'>,
  limit: number,
  { repository }: Flags,
): Promise<readonly TrashEntry[]> {
  const entries: TrashEntry[] = []
  for (let after: string | undefined; entries.length < limit; after = entries.at(-1)?.id) {
    const wanted = Math.min(largestPage, limit - entries.length)
    const page = await service.trash({
      limit: wanted,
      ...(after !== undefined && { after }),
      ...(repository !== undefined && { repository }),
    })
    entries.push(...page)
    if (page.length === 0) break
  }
  return entries
}

function rowsOf(entries: readonly TrashEntry[], { trunc }: Flags): string[][] {
  const now = Date.now()
  return [
    ['ENTRY', 'REMOVED', 'REASON', 'SIZE', 'GIVEN UP', 'ITEM'],
    ...entries.map((entry) => [
      entry.id,
      entry.state === 'removing' ? 'half way' : ago(entry.at, now),
      entry.reason,
      formatSize(entry.size),
      inTime(entry.purgeAt, now),
      itemText(entry, { trunc }),
    ]),
  ]
}

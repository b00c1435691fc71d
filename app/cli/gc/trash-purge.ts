import type { RetentionService } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { confirm } from '../trust/confirm.ts'
import { writeLines } from '../write-lines.ts'
import { type GcFlags, gcParser } from './flags.ts'
import { useRetention } from './use-retention.ts'
import { userName } from './user-name.ts'

interface Flags extends GcFlags {
  readonly all?: boolean
  readonly yes?: boolean
}

const help = `
Without an ID what is over its time is given up, as a server does each hour. What is purged before
its time cannot come back: that is asked, unless with --yes. Its bytes go with the next garbage
collection of the registry, if nothing else has them.`

/** `ibuild gc trash purge [ID...]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = gcParser('trash purge', 'Give up what is over its time, or more', 'print a JSON object')
    .argument('[id...]', 'entries of the trash that are given up whatever their time')
    .option('--all', 'give up all that is in the trash')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', help)
  const { words: ids, options: flags } = parseArguments<Flags>(parser, argv)
  const what = whatOf(ids, flags)
  const report = await useRetention(flags, async (service) => {
    await ask(service, what, flags)
    return service.purge(what, userName())
  })
  const text = `${report.purged} purged, which frees ${formatSize(report.bytes)}\n`
  await writeLines([flags.json === true ? jsonText(report) : text])
  return 0
}

type What = Parameters<RetentionService['purge']>[0]

/** Errors: USAGE. */
function whatOf(ids: readonly string[], { all }: Flags): What {
  if (all === true && ids.length > 0) throw new IbuildError('USAGE', '--all and IDs do not go together')
  return all === true ? 'all' : ids.length > 0 ? { ids } : 'due'
}

async function ask(service: RetentionService, what: What, flags: Flags): Promise<void> {
  if (what === 'due') return
  const count = what === 'all' ? (await service.status()).trash.entries : what.ids.length
  if (count === 0) return
  await confirm(`Give up ${count} of the trash? What is purged cannot come back.`, flags)
}

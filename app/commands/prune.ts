import type { GarbageItem, GarbageReport } from '../../builder/store/types.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { dataPieces } from '../cli/data-pieces.ts'
import { storeOf } from '../cli/open-store.ts'
import { parseFormat } from '../cli/output-format.ts'
import { formatSize, parseSize } from '../cli/sizes.ts'
import { shortID, tableLines } from '../cli/table.ts'
import { terminalWidth } from '../cli/terminal-width.ts'
import { writeLines } from '../cli/write-lines.ts'
import { parseFilters } from '../listing/filters.ts'
import { pruneChoice, pruneFilterKeys } from '../listing/prune-filter.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly root?: string
  readonly all?: boolean
  readonly filter?: string[]
  readonly maxSize?: string
  readonly dryRun?: boolean
  readonly format?: string
  readonly json?: boolean
}

const help = `
Images with a name, and containers, are never taken, nor anything that they need.
Nothing is asked: --dry-run tells what would go.
Filters:
  until=TIME               images that came, and records last used, before 24h (ago), 7d, 2026-03-01
  label=KEY[=VALUE]        images with that label; label!=KEY[=VALUE] for those without
  type=images              images without a name (the default)
  type=records             the build cache (with --all as well)
  type=compressed          compressed copies of layers (with --all as well)
  type=snapshots           extracted copies of layers; the next RUN on them extracts anew
A use of a record is noted at most once an hour.`

/** `ibuild prune`: images without a name, and layers, snapshots and blobs that nothing reaches; with --all the build cache too. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser(
    'prune',
    'Remove what nothing needs: images without a name, layers that no image and no cache record has',
  )
    .option('-a, --all', 'remove the build cache too, and compressed copies of layers')
    .option('--filter <key=value>', 'remove only what passes (repeat); see below', collect)
    .option('--max-size <size>', 'remove cached layers, those used longest ago first, until all takes at most this')
    .option('--dry-run', 'tell what would go; remove nothing')
    .option('--format <format>', 'table, json or yaml; the last two with all that went')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const format = parseFormat(flags, ['table', 'json', 'yaml'])
  const filters = parseFilters(flags.filter, pruneFilterKeys)
  const maxBytes = flags.maxSize === undefined ? undefined : parseSize(flags.maxSize, '--max-size')
  const choice = pruneChoice({ filters, all: flags.all === true, now: Date.now() })
  const items: GarbageItem[] = []
  const report = await storeOf(flags).collectGarbage({
    ...choice,
    ...(maxBytes !== undefined && { maxBytes }),
    dryRun: flags.dryRun === true,
    ...((format !== 'table' || flags.dryRun === true) && { onItem: (item) => items.push(item) }),
    onWait: () => process.stderr.write('waiting for builds to end\n'),
  })
  await writeLines(
    format === 'table'
      ? textOf(report, flags, items)
      : await dataPieces({ ...report, dryRun: flags.dryRun === true, items }, format),
  )
  if (maxBytes !== undefined && report.left > maxBytes) {
    process.stderr.write(`${formatSize(report.left)} stay, above --max-size: images and containers need them\n`)
  }
  return 0
}

function* textOf(report: GarbageReport, { dryRun }: Flags, items: readonly GarbageItem[]): Generator<string> {
  const { images, layers, snapshots, blobs, records, bytes } = report
  const counts = [
    countText(images, 'image'),
    countText(layers, 'layer'),
    countText(snapshots, 'snapshot'),
    countText(blobs, 'blob'),
    countText(records, 'cache record'),
  ].join(', ')
  if (dryRun !== true) return yield `removed ${counts}: ${formatSize(bytes)} freed\n`
  if (items.length > 0)
    yield* tableLines({ [Symbol.iterator]: () => rowsOf(items) }, { flexible: 3, width: terminalWidth() })
  yield `would remove ${counts}: ${formatSize(bytes)} would be freed\n`
}

function* rowsOf(items: readonly GarbageItem[]): Generator<string[]> {
  yield ['KIND', 'ID', 'SIZE', 'STEP']
  for (const { kind, id, bytes, step = '' } of items) yield [kind, shortID(id), formatSize(bytes), sanitize(step)]
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

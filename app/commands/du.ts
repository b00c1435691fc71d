import type { Store, StoreUsage } from '../../builder/store/types.ts'
import { shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { dataPieces } from '../cli/data-pieces.ts'
import { storeOf } from '../cli/open-store.ts'
import { parseFormat } from '../cli/output-format.ts'
import { readTwice } from '../cli/read-twice.ts'
import { formatSize } from '../cli/sizes.ts'
import { formatTable, shortID } from '../cli/table.ts'
import { writeLines } from '../cli/write-lines.ts'
import { sharedSizes } from '../listing/shared-size.ts'

interface Flags {
  readonly root?: string
  readonly verbose?: boolean
  readonly format?: string
  readonly json?: boolean
}

/** The parts in the order of the table, and what frees them. */
const parts: readonly (readonly [kind: keyof Omit<StoreUsage, 'total'>, name: string, freedBy: string])[] = [
  ['images', 'images', 'ibuild rmi'],
  ['containers', 'containers', 'ibuild rm'],
  ['cache', 'build cache', 'ibuild prune --all'],
  ['compressed', 'compressed copies', 'ibuild prune --filter type=compressed'],
  ['extracted', 'extracted copies', 'ibuild prune --filter type=snapshots'],
  ['garbage', 'needed by nothing', 'ibuild prune'],
]

/** `ibuild du`: what takes how much of the disk; with -v what each image has for itself. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('du', 'Show what takes how much of the disk')
    .option('-v, --verbose', 'show what each image has for itself, and what it shares')
    .option('--format <format>', 'table, json or yaml')
    .option('--json', 'print a JSON object')
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const format = parseFormat(flags, ['table', 'json', 'yaml'])
  const store = storeOf(flags)
  const usage = readTwice(() => store.usage())
  const images = flags.verbose === true ? imagesOf(store) : undefined
  if (format !== 'table') await writeLines(await dataPieces({ ...usage, ...(images && { perImage: images }) }, format))
  else process.stdout.write(usageTable(usage) + (images === undefined ? '' : `\n${imageTable(images)}`))
  return 0
}

interface ImageUsage {
  readonly id: string
  readonly names: readonly string[]
  readonly size: number
  readonly shared: number
  readonly unique: number
}

/** What frees most comes first. */
function imagesOf(store: Store): ImageUsage[] {
  return sharedSizes(store.images.list())
    .map(({ image, size, shared, unique }) => ({
      id: image.imageID,
      names: image.names.map(shortName),
      size,
      shared,
      unique,
    }))
    .sort((a, b) => b.unique - a.unique)
}

function usageTable(usage: StoreUsage): string {
  const rows = parts.map(([kind, name, freedBy]) => {
    const { count, bytes } = usage[kind]
    return [name, String(count), formatSize(bytes), freedBy]
  })
  return formatTable([['KIND', 'COUNT', 'SIZE', 'FREED BY'], ...rows, ['total', '', formatSize(usage.total), '']])
}

function imageTable(images: readonly ImageUsage[]): string {
  const rows = images.map(({ id, names, size, shared, unique }) => [
    shortID(id),
    ...[size, shared, unique].map(formatSize),
    names.join(', ') || '<none>',
  ])
  return formatTable([['IMAGE ID', 'SIZE', 'SHARED', 'UNIQUE', 'NAMES'], ...rows])
}

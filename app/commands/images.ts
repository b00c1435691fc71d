import type { Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { dataPieces } from '../cli/data-pieces.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { type OutputFormat, parseFormat } from '../cli/output-format.ts'
import { readTwice } from '../cli/read-twice.ts'
import { describeError } from '../cli/report-error.ts'
import { formatSize } from '../cli/sizes.ts'
import { formatAge, shortID, tableLines } from '../cli/table.ts'
import { writeLines } from '../cli/write-lines.ts'
import { type Filter, parseFilters } from '../listing/filters.ts'
import { imageFilter, imageFilterKeys } from '../listing/image-filter.ts'
import { byAge, type ImageRow, listImage, rowsOf } from '../listing/listed-image.ts'

interface Flags {
  readonly root?: string
  readonly quiet?: boolean
  readonly json?: boolean
  readonly format?: string
  readonly digests?: boolean
  readonly filter?: string[]
  readonly trunc: boolean
}

const help = `
Filters (several of one kind: any reference, every label, every time):
  dangling=true|false      images without a name, or only those with one
  reference=PATTERN        names such as 'team/*:1.*', with or without the tag
  label=KEY[=VALUE]        images with that label
  before=IMAGE since=IMAGE images made before or after that one
  until=TIME               images made before 24h (ago), 7d, 2026-03-01, 2026-03-01T12:00:00Z
The exit code is 1 when an image or a tag is damaged; the list has the others all the same.`

/** `ibuild images`: newest first, an image with several names once for each. Damage is told on stderr and gives exit code 1. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('images', 'List images')
    .argument('[name]', 'only images of that name; a pattern such as team/* too')
    .option('-f, --filter <key=value>', 'only images that pass (repeat); see below', collect)
    .option('-q, --quiet', 'print IDs only')
    .option('--digests', 'show the digests of manifests')
    .option('--no-trunc', 'print IDs in full')
    .option('--format <format>', 'table, json or yaml')
    .option('--json', 'print an array of JSON objects')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<Flags>(parser.allowExcessArguments(false), argv)
  const format = parseFormat(flags, ['table', 'json', 'yaml'])
  const filters = parseFilters(flags.filter, imageFilterKeys)
  const store = storeOf(flags)
  const rows = rowsIn(store, [...filters, ...words.map(nameFilter)])
  await writeLines(await textOf(rows, flags, format))
  return tellDamage(store, rows)
}

function nameFilter(value: string): Filter {
  return { key: 'reference', value, negated: false }
}

function rowsIn(store: Store, filters: readonly Filter[]): ImageRow[] {
  const passes = imageFilter(filters, { find: (text) => imageOf(store, text), now: Date.now() })
  // One image after the other, so that its documents need not stay.
  return readTwice(
    () => store.images.list().flatMap((image) => rowsOf(listImage(image)).filter(passes)),
    (found) => found.some(({ known }) => known instanceof IbuildError),
  ).sort(byAge)
}

/** Of images in the list, and of tags. */
function tellDamage(store: Store, rows: readonly ImageRow[]): number {
  const damaged = new Map(rows.map(({ image, known }) => [image.manifestDigest, known]))
  const errors = [...damaged.values(), ...store.tags.scan().damaged].filter((each) => each instanceof IbuildError)
  for (const error of errors) process.stderr.write(describeError(error))
  return errors.length === 0 ? 0 : 1
}

async function textOf(rows: readonly ImageRow[], flags: Flags, format: OutputFormat): Promise<Iterable<string>> {
  const id = ({ image }: ImageRow): string => (flags.trunc ? shortID(image.imageID) : image.imageID)
  if (flags.quiet === true) return [...new Set(rows.map(id))].map((text) => `${text}\n`)
  if (format !== 'table') return dataPieces(rows.map(toData), format)
  const head = ['REPOSITORY', 'TAG', ...(flags.digests === true ? ['DIGEST'] : []), 'IMAGE ID', 'CREATED', 'SIZE']
  const lines = rows.map((row) => [
    row.repository ?? '<none>',
    row.tag ?? '<none>',
    ...(flags.digests === true ? [row.image.manifestDigest] : []),
    id(row),
    ...(row.known instanceof IbuildError
      ? ['damaged', 'N/A']
      : [formatAge(row.known.created), formatSize(row.known.size)]),
  ])
  return tableLines([head, ...lines])
}

function toData({
  repository = '<none>',
  tag = '<none>',
  image: { imageID, manifestDigest },
  known,
}: ImageRow): object {
  const names = { repository, tag, id: imageID, digest: manifestDigest }
  if (known instanceof IbuildError) return { ...names, created: null, size: null, damaged: known.message }
  return { ...names, created: known.created ?? null, size: known.size }
}

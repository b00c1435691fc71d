import type { StoredImage } from '../../builder/store/types.ts'
import { familiarName, parseReference } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { jsonText } from '../cli/json-text.ts'
import { storeOf } from '../cli/open-store.ts'
import { formatSize } from '../cli/sizes.ts'
import { formatAge, formatTable, shortID } from '../cli/table.ts'

interface Flags {
  readonly root?: string
  readonly quiet?: boolean
  readonly json?: boolean
  readonly trunc: boolean
}

/** One line of the list: an image under one of its names. */
interface Row {
  readonly repository: string
  readonly tag: string
  readonly image: StoredImage
}

/** `ibuild images`: newest first, an image with several names once for each. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('images', 'List images')
    .option('-q, --quiet', 'print IDs only')
    .option('--json', 'print an array of JSON objects')
    .option('--no-trunc', 'print IDs in full')
  const { options: flags } = parseArguments<Flags>(parser.allowExcessArguments(false), argv)
  const rows = storeOf(flags).images.list().flatMap(rowsOf).sort(byAge)
  process.stdout.write(format(rows, flags))
  return 0
}

function rowsOf(image: StoredImage): Row[] {
  if (image.names.length === 0) return [{ repository: '<none>', tag: '<none>', image }]
  return image.names.map((name) => {
    const { domain, path, tag } = parseReference(name)
    return { repository: familiarName({ domain, path }), tag: tag ?? '<none>', image }
  })
}

function byAge(a: Row, b: Row): number {
  const [x, y] = [a.image.config.created ?? '', b.image.config.created ?? '']
  return y.localeCompare(x) || a.repository.localeCompare(b.repository) || a.tag.localeCompare(b.tag)
}

function format(rows: readonly Row[], { json, quiet, trunc }: Flags): string {
  if (json === true) return jsonText(rows.map(toJson))
  const id = ({ image }: Row): string => (trunc ? shortID(image.imageID) : image.imageID)
  if (quiet === true) return [...new Set(rows.map(id))].map((text) => `${text}\n`).join('')
  const head = ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE']
  const lines = rows.map((row) => [
    row.repository,
    row.tag,
    id(row),
    formatAge(row.image.config.created),
    formatSize(sizeOf(row.image)),
  ])
  return formatTable([head, ...lines])
}

function toJson({ repository, tag, image }: Row): object {
  const { imageID, manifestDigest, config } = image
  return { repository, tag, id: imageID, digest: manifestDigest, created: config.created ?? null, size: sizeOf(image) }
}

/** Bytes of all layers, uncompressed. */
function sizeOf({ manifest }: StoredImage): number {
  return manifest.layers.reduce((sum, { size }) => sum + size, 0)
}

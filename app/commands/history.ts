import type { StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { HistoryEntry } from '../../shared/oci/config.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { jsonText } from '../cli/json-text.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { formatSize } from '../cli/sizes.ts'
import { formatAge, formatTable, shortID } from '../cli/table.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly root?: string
  readonly trunc: boolean
  readonly json?: boolean
}

/** Widest text of an instruction that is shown without --no-trunc. */
const maxText = 70

interface Line {
  readonly entry: HistoryEntry
  readonly diffID: string | undefined
  readonly size: number
}

/** `ibuild history IMAGE`: the newest entry first, with the layer and the size that it added. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('history', 'Show how an image was made')
    .argument('<image>')
    .option('--no-trunc', 'show whole instructions and digests')
    .option('--json', 'print an array of JSON objects')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [image, ...extra] = words
  if (image === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild history takes one image')
  const lines = linesOf(imageOf(storeOf(flags), image)).reverse()
  process.stdout.write(flags.json === true ? toJson(lines) : toTable(lines, flags))
  return 0
}

/** Pairs each entry that made a layer with the next layer; layers without an entry come last. */
function linesOf({ config, manifest }: StoredImage): Line[] {
  let next = 0
  const take = (entry: HistoryEntry): Line => {
    const layer = manifest.layers[next]
    const diffID = config.rootfs.diff_ids[next]
    next++
    return { entry, diffID, size: layer?.size ?? 0 }
  }
  const lines = (config.history ?? []).map((entry) =>
    entry.empty_layer === true ? { entry, diffID: undefined, size: 0 } : take(entry),
  )
  while (next < config.rootfs.diff_ids.length) lines.push(take({}))
  return lines
}

function toTable(lines: readonly Line[], { trunc }: Flags): string {
  const rows = lines.map(({ entry, diffID, size }) => {
    const text = sanitize((entry.created_by ?? entry.comment ?? '').replaceAll('\n', ' '))
    const shown = trunc && text.length > maxText ? `${text.slice(0, maxText - 3)}...` : text
    const layer = diffID === undefined ? '' : trunc ? shortID(diffID) : diffID
    return [layer, formatAge(entry.created), shown, diffID === undefined ? '' : formatSize(size)]
  })
  return formatTable([['LAYER', 'CREATED', 'CREATED BY', 'SIZE'], ...rows])
}

function toJson(lines: readonly Line[]): string {
  return jsonText(lines.map(({ entry, diffID, size }) => ({ ...entry, diffID: diffID ?? null, size })))
}

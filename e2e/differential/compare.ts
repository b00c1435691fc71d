import type { FlatEntry, FlatImage, ImageConfig } from './flatten.ts'

/** One thing that the two builders did differently. Values are JSON text, undefined when it is absent. */
export interface Difference {
  /** `config.Env`, `history[2]`, `layers`, `tree:/etc/passwd:mode`, `tree:/f:mtime (note)`, `tree:/new` (present on one side only). */
  readonly field: string
  readonly ours: string | undefined
  readonly buildkit: string | undefined
}

export interface CompareOptions {
  /** Times of this moment or later (milliseconds) were made by the build itself and may differ. */
  readonly started: number
  /** False when the two sides were not given the same text. */
  readonly history: boolean
}

/** Everything that differs between two images, in a stable order. */
export function compareImages(ours: FlatImage, buildkit: FlatImage, options: CompareOptions): Difference[] {
  return [
    ...compareConfig(ours.config, buildkit.config),
    ...(options.history ? compareHistory(ours.config, buildkit.config) : []),
    ...differing('layers', ours.layers, options.history ? buildkit.layers : ours.layers),
    ...compareTrees(ours.tree, buildkit.tree, options.started),
  ]
}

/** Members of the image config that say when and by whom something was made, or are compared on their own. */
const elsewhere = new Set(['created', 'history', 'rootfs', 'config'])

function compareConfig(ours: ImageConfig, buildkit: ImageConfig): Difference[] {
  const top = keys(ours, buildkit).filter((key) => !elsewhere.has(key))
  const [mine, theirs] = [ours.config ?? {}, buildkit.config ?? {}]
  return [
    ...top.flatMap((key) => differing(key, ours[key], buildkit[key])),
    ...keys(mine, theirs).flatMap((key) => differing(`config.${key}`, mine[key], theirs[key])),
  ]
}

function compareHistory(ours: ImageConfig, buildkit: ImageConfig): Difference[] {
  const [mine, theirs] = [ours.history ?? [], buildkit.history ?? []]
  const length = Math.max(mine.length, theirs.length)
  return Array.from({ length }, (_, i) => i).flatMap((i) =>
    differing(`history[${i}]`, brief(mine[i]), brief(theirs[i])),
  )
}

function brief(entry: Readonly<Record<string, unknown>> | undefined): unknown {
  if (entry === undefined) return undefined
  return { created_by: entry['created_by'], empty_layer: entry['empty_layer'] === true, author: entry['author'] }
}

function compareTrees(ours: FlatImage['tree'], buildkit: FlatImage['tree'], started: number): Difference[] {
  const paths = [...new Set([...ours.keys(), ...buildkit.keys()])].sort((a, b) => (a < b ? -1 : 1))
  return paths.flatMap((path) => compareEntries(path, [ours.get(path), buildkit.get(path)], started))
}

type Pair = readonly [FlatEntry | undefined, FlatEntry | undefined]

function compareEntries(path: string, [ours, buildkit]: Pair, started: number): Difference[] {
  if (ours === undefined || buildkit === undefined) return differing(`tree:${path}`, ours, buildkit)
  const members = (Object.keys({ ...ours, ...buildkit }) as (keyof FlatEntry)[]).filter((key) => key !== 'mtime')
  const times = differing(`tree:${path}:mtime${timeNote([ours, buildkit], started)}`, ours.mtime, buildkit.mtime)
  const made = isFresh(ours, started) && isFresh(buildkit, started)
  return [
    ...members.flatMap((key) => differing(`tree:${path}:${key}`, ours[key], buildkit[key])),
    ...(made ? [] : times),
  ]
}

function isFresh({ mtime }: FlatEntry, started: number): boolean {
  return BigInt(mtime) >= BigInt(started) * 1_000_000n
}

/** A time cut to the second before it. */
function wholeSecond(mtime: string): string {
  return `${mtime.slice(0, -9)}000000000`
}

/** Names the kinds of different times that are not plainly wrong. */
function timeNote([ours, buildkit]: readonly [FlatEntry, FlatEntry], started: number): string {
  if (wholeSecond(ours.mtime) === buildkit.mtime) return ' (fraction of a second)'
  const touched = ours.type === 'dir' && !isFresh(ours, started) && isFresh(buildkit, started)
  return touched ? ' (directory written to)' : ''
}

function keys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort((x, y) => (x < y ? -1 : 1))
}

function differing(field: string, ours: unknown, buildkit: unknown): Difference[] {
  const [mine, theirs] = [stable(ours), stable(buildkit)]
  return mine === theirs ? [] : [{ field, ours: mine, buildkit: theirs }]
}

/** JSON with sorted members; null and absent are the same, as they are to every reader of an image config. */
function stable(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

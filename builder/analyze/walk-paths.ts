import type { LayerPath } from '../layers/entry.ts'
import { isOpaqueMark, isWithin, type LayerIndex } from '../layers/index-types.ts'
import { type LayerRecord, mergeRecords, type PathRecords } from './merge-records.ts'

/** A path with what its directories say of it. */
export interface PlacedPath<Mark> extends PathRecords {
  /**
   * Layers, lowest first, each of which hides all that layers below it have in the path's directory: it deletes or
   * replaces the directory or one above it, or makes it opaque.
   */
  readonly hiders: readonly number[]
  /** The mark of the directory that the path lies in. */
  readonly mark: Mark
}

interface Scope<Mark> {
  readonly path: LayerPath
  readonly hiders: readonly number[]
  readonly mark: Mark
}

/** Marks of directories: `markOf` is asked once for each, with the mark of the directory above; that of the root is `rootMark`. */
export interface Marking<Mark> {
  readonly rootMark: Mark
  readonly markOf: (directory: LayerPath, above: Mark) => Mark
}

/** All paths of a stack of layers in order, each with the layers that hide what lies in its directory. */
export function* walkPaths<Mark>(
  indexes: readonly LayerIndex[],
  { rootMark, markOf }: Marking<Mark>,
): Generator<PlacedPath<Mark>> {
  const root: Scope<Mark> = { path: '', hiders: [], mark: rootMark }
  const scopes: Scope<Mark>[] = []
  for (const { path, records } of mergeRecords(indexes)) {
    while (!isWithin(scopes.at(-1)?.path ?? '', path)) scopes.pop()
    const { hiders, mark } = scopes.at(-1) ?? root
    yield { path, records, hiders, mark }
    if (!records.some(({ entry }) => entry.type === 'dir')) continue
    scopes.push({ path, hiders: hidersIn(hiders, records), mark: path === '' ? rootMark : markOf(path, mark) })
  }
}

/** The layers that hide what lies in a directory: those of the directory above, and those that act on it itself. */
function hidersIn(above: readonly number[], records: readonly LayerRecord[]): readonly number[] {
  const own = records.filter(hidesContent).map(({ layer }) => layer)
  return own.length === 0 ? above : [...new Set([...above, ...own])].sort((a, b) => a - b)
}

function hidesContent({ entry }: LayerRecord): boolean {
  return entry.type !== 'dir' || entry.opaque || isOpaqueMark(entry)
}

import type { LayerEntry } from '../layers/entry.ts'
import { isOpaqueMark } from '../layers/index-types.ts'
import { changesOf } from './metadata-changes.ts'
import type { TreeChange } from './types.ts'
import type { PlacedPath } from './walk-paths.ts'

/** What a layer does at one path. */
export interface TouchedPath {
  /** What it puts there, or what it deletes. */
  readonly entry: LayerEntry
  readonly change: TreeChange
  /** Content that it brings, and content of lower layers that it hides. */
  readonly bytes: number
  readonly hiddenBytes: number
}

type Placed = Pick<PlacedPath<unknown>, 'records' | 'hiders'>

/** What layer number `layer` does at a path; undefined when it has no part in it. */
export function touchAt(placed: Placed, layer: number): TouchedPath | undefined {
  const before = entryBelow(placed, layer)
  const hiddenBytes = before?.size ?? 0
  const own = placed.records.filter((record) => record.layer === layer)
  const put = own.find(({ entry }) => entry.type !== 'whiteout')
  if (put !== undefined) {
    const { entry, implicit } = put
    const change = implicit && before?.type === 'dir' ? 'way' : changeOf(before, entry)
    return { entry, change, bytes: entry.size, hiddenBytes }
  }
  if (before === undefined || (own.length === 0 && !placed.hiders.includes(layer))) return undefined
  return { entry: before, change: 'deleted', bytes: 0, hiddenBytes }
}

/** What the layers below show at a path. */
function entryBelow({ records, hiders }: Placed, layer: number): LayerEntry | undefined {
  const shown = records.findLast((record) => record.layer < layer && record.entry.type !== 'whiteout')
  if (shown === undefined) return undefined
  const isBetween = (other: number): boolean => other > shown.layer && other < layer
  const deleted = records.some(({ layer: other, entry }) => {
    return isBetween(other) && entry.type === 'whiteout' && !isOpaqueMark(entry)
  })
  return deleted || hiders.some(isBetween) ? undefined : shown.entry
}

function changeOf(before: LayerEntry | undefined, entry: LayerEntry): TreeChange {
  if (before === undefined) return 'added'
  if (before.type !== entry.type || before.digest !== entry.digest || before.linkname !== entry.linkname)
    return 'changed'
  const changes = changesOf(before, entry)
  // The time of a directory tells of what is in it.
  if (entry.type === 'dir') return changes.some((change) => change !== 'time') ? 'metadata' : 'way'
  return changes.length === 0 ? 'same' : 'metadata'
}

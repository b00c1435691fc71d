import type { LayerEntry } from '../layers/entry.ts'
import { isOpaqueMark } from '../layers/index-types.ts'
import type { LayerRecord } from './merge-records.ts'
import { changesOf } from './metadata-changes.ts'
import type { HiddenHow, MetadataChange } from './types.ts'

/** How a version of a path got out of sight. */
export interface Hiding {
  readonly how: HiddenHow
  /** The layer that did it. */
  readonly by: number
  /** The entry that took its place, unless it was deleted. */
  readonly successor: LayerEntry | undefined
  readonly changes: readonly MetadataChange[]
}

/** What a layer put at a path: anything but a directory; undefined `hiding` means that it is seen in the image. */
export interface Version {
  readonly layer: number
  readonly entry: LayerEntry
  readonly hiding: Hiding | undefined
}

/**
 * The versions of one path, lowest layer first, and what became of each. `hiders` are the layers that hide what lower
 * layers have in its directory.
 */
export function versionsOf(records: readonly LayerRecord[], hiders: readonly number[]): Version[] {
  const entries = records.filter(({ entry }) => entry.type !== 'whiteout')
  const whiteouts = records.filter(({ entry }) => entry.type === 'whiteout' && !isOpaqueMark(entry))
  return entries.flatMap(({ layer, entry }, i) => {
    if (entry.type === 'dir') return []
    const next = entries[i + 1]
    const deleted = Math.min(
      firstAbove(hiders, layer),
      whiteouts.find((other) => other.layer > layer)?.layer ?? Infinity,
    )
    if (next !== undefined && next.layer <= deleted) return [{ layer, entry, hiding: replacedBy(entry, next) }]
    return [{ layer, entry, hiding: deleted === Infinity ? undefined : deletedBy(deleted) }]
  })
}

function firstAbove(layers: readonly number[], layer: number): number {
  return layers.find((other) => other > layer) ?? Infinity
}

function deletedBy(by: number): Hiding {
  return { how: 'deleted', by, successor: undefined, changes: [] }
}

function replacedBy(entry: LayerEntry, { layer: by, entry: successor }: LayerRecord): Hiding {
  const same = entry.type === 'file' && successor.type === 'file' && entry.digest === successor.digest
  if (!same) return { how: 'overwritten', by, successor, changes: [] }
  return { how: 'duplicated', by, successor, changes: changesOf(entry, successor) }
}

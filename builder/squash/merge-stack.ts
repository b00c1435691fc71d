import type { Digest } from '../../shared/base/digest.ts'
import type { HistoryEntry } from '../../shared/oci/config.ts'
import type { Store } from '../store/types.ts'
import { type MergeOptions, mergeLayers } from './merge-layers.ts'
import type { Partition } from './partition.ts'

/** What an image's stack of layers and its history are, one entry without `empty_layer` for each layer. */
export interface Stack {
  readonly diffIDs: readonly Digest[]
  readonly history: readonly HistoryEntry[]
}

/**
 * Merges the groups of a partition of the whole stack, see {@link mergeLayers}. The history keeps every entry: of the
 * layers of a group the last one's has the merged layer, the others have none any more.
 */
export async function mergeStack(
  store: Store,
  { diffIDs, history }: Stack,
  { groups, ...options }: { readonly groups: Partition } & MergeOptions,
): Promise<Stack> {
  const merged: Digest[] = []
  let from = 0
  for (const size of groups) {
    merged.push(await mergeLayers(store, diffIDs, { from, to: from + size, ...options }))
    from += size
  }
  if (from !== diffIDs.length) throw new Error(`a partition of ${from} layers for a stack of ${diffIDs.length}`)
  return { diffIDs: merged, history: mergeHistory(history, groups) }
}

/** The history of a stack whose groups are merged. It may tell of more layers than there are: then the last ones count. */
export function mergeHistory(history: readonly HistoryEntry[], groups: Partition): readonly HistoryEntry[] {
  const kept = new Set<number>()
  let last = -1
  for (const size of groups) kept.add((last += size))
  const told = history.filter((entry) => entry.empty_layer !== true).length
  let layer = last - told
  return history.map((entry) => {
    if (entry.empty_layer === true) return entry
    return kept.has(++layer) ? entry : { ...entry, empty_layer: true }
  })
}

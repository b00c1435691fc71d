import { join } from 'node:path'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { mapDiskFull } from '../../shared/cas/disk.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import { writeLayer } from '../layers/layer-writer.ts'
import { mergeRun } from '../layers/merge/merge-run.ts'
import { interruptible } from '../layers/turns.ts'
import { openLayer } from '../store/open-layer.ts'
import { findRecorded } from '../store/recorded-layer.ts'
import { underStepLock } from '../store/step-lock.ts'
import type { RecordPart, Store } from '../store/types.ts'

/** Layers of a stack by number, the base is 0; `to` is not among them. */
export interface LayerRange {
  readonly from: number
  readonly to: number
}

export interface MergeOptions {
  readonly signal?: AbortSignal | undefined
  /** Is told when a range is merged that is not remembered. */
  readonly onMerge?: ((range: LayerRange) => void) | undefined
}

/** Raised when equal layers give another merged layer than before. */
const mergeVersion = '1'

/**
 * Merges a range of the stored layers of a stack to one layer, which is stored; gives its diffID. One layer is left as it
 * is. The outcome is remembered by the stack below and the layers, so that merging the same again costs nothing. Errors:
 * LAYER_INVALID, INDEX_INVALID, DIGEST_MISMATCH, DISK_FULL, what the signal aborts with.
 */
export async function mergeLayers(
  store: Store,
  diffIDs: readonly Digest[],
  { from, to, signal, onMerge }: LayerRange & MergeOptions,
): Promise<Digest> {
  const [only] = diffIDs.slice(from, to)
  if (only === undefined) throw new RangeError(`no layers ${from} to ${to} in a stack of ${diffIDs.length}`)
  if (to - from === 1) return only
  const parts = partsOf(diffIDs, { from, to })
  const key = digestOf(JSON.stringify(parts))
  return (
    findRecorded(store, key)?.layer.diffID ??
    underStepLock(store, { key, signal }, async () => {
      const madeMeanwhile = findRecorded(store, key)
      if (madeMeanwhile !== undefined) return madeMeanwhile.layer.diffID
      onMerge?.({ from, to })
      const diffID = await mapDiskFull(() => writeMerged(store, diffIDs.slice(0, to), { from, signal }))
      await store.records.put(key, { version: 1, step: 'merge of layers', parts, diffID, created: Date.now() })
      return diffID
    })
  )
}

/** Two chainIDs name all layers below the range and all in it. */
function partsOf(diffIDs: readonly Digest[], { from, to }: LayerRange): RecordPart[] {
  const chains = chainIDs(diffIDs.slice(0, to))
  return [
    { name: 'merge', value: mergeVersion },
    { name: 'below', value: chains[from - 1] ?? 'scratch' },
    { name: 'top', value: chains.at(-1) ?? '' },
  ]
}

async function writeMerged(
  store: Store,
  diffIDs: readonly Digest[],
  { from, signal }: { readonly from: number } & MergeOptions,
): Promise<Digest> {
  await store.fetchLayers(diffIDs.slice(from), { signal })
  const layers = diffIDs.map((diffID) => openLayer(store, diffID, { keptBlocks: 2 }))
  const folder = await store.temp('merge')
  const tarFile = join(folder.dir, 'layer')
  const run = mergeRun(layers, from, signal)
  try {
    const { diffID, size, entries } = await writeLayer(interruptible(run.members, signal), tarFile, { sync: false })
    await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
    return diffID
  } finally {
    run.close()
    await folder.release()
  }
}

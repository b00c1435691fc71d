import { join } from 'node:path'
import { type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { mapDiskFull } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import { type LayerMember, writeLayer } from '../layers/layer-writer.ts'
import { mergeRun } from '../layers/merge/merge-run.ts'
import { turns } from '../layers/turns.ts'
import { openLayer } from '../store/open-layer.ts'
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
    known(store, key) ??
    underLock({ store, key, signal }, async () => {
      const madeMeanwhile = known(store, key)
      if (madeMeanwhile !== undefined) return madeMeanwhile
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

function known({ records, layers }: Store, key: Digest): Digest | undefined {
  const diffID = records.get(key)?.diffID
  return diffID === undefined || layers.get(diffID) === undefined ? undefined : diffID
}

interface Claim {
  readonly store: Store
  readonly key: Digest
  readonly signal: AbortSignal | undefined
}

/** Another process that merges the same is waited for. */
async function underLock<T>({ store, key, signal }: Claim, work: () => Promise<T>): Promise<T> {
  const file = join(store.root, 'locks', 'steps', hexOf(key))
  const lock = await lockExclusive(file, signal === undefined ? {} : { signal })
  try {
    return await work()
  } finally {
    lock.release()
  }
}

async function writeMerged(
  store: Store,
  diffIDs: readonly Digest[],
  { from, signal }: { readonly from: number } & MergeOptions,
): Promise<Digest> {
  const layers = diffIDs.map((diffID) => openLayer(store, diffID, { keptBlocks: 2 }))
  const folder = await store.temp('merge')
  const tarFile = join(folder.dir, 'layer')
  const run = mergeRun(layers, from, signal)
  try {
    const { diffID, size, entries } = await writeLayer(stoppable(run.members, signal), tarFile, { sync: false })
    await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
    return diffID
  } finally {
    run.close()
    await folder.release()
  }
}

/** Gives other work its turn now and then, the handling of an interrupt too. */
async function* stoppable(
  members: Iterable<LayerMember>,
  signal: AbortSignal | undefined,
): AsyncGenerator<LayerMember> {
  const turn = turns()
  for (const member of members) {
    const pause = turn()
    if (pause !== undefined) await pause
    signal?.throwIfAborted()
    yield member
  }
}

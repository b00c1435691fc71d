import type { Digest } from '../../shared/base/digest.ts'
import { nextChainID } from '../../shared/oci/chain-id.ts'
import { extractLayer } from '../layers/extract.ts'
import { createView, type LayerRef, type RootfsView } from '../layers/view.ts'
import { type LayerRange, mergeLayers } from '../squash/merge-layers.ts'
import { partition } from '../squash/partition.ts'
import { openLayer } from '../store/open-layer.ts'
import type { Store } from '../store/types.ts'
import type { LayerChain } from './layer-chain.ts'

/** Stacks of stored layers as trees to look into and as folders to mount. One per build; keeps what it opened. */
export interface LayerAccess {
  /** The merged tree of a stack. Nothing is extracted. Errors: LAYER_INVALID when a layer is not in the store. */
  view(chain: LayerChain): RootfsView
  /**
   * Folders for the layers of a stack, the base first, usable as overlay lowers: one for each layer, or for several
   * neighbours when there are more than 127. Extracts and merges those that are not there yet.
   */
  lowers(chain: LayerChain): Promise<readonly string[]>
}

/** As many fit in the options of one overlay mount. */
const mostLowers = 127

/** A layer and the stack that it lies on. */
interface PlacedLayer {
  readonly below: LayerChain
  readonly diffID: Digest
}

/** Merging and extracting stop when the signal aborts. */
export function createLayerAccess(store: Store, signal?: AbortSignal): LayerAccess {
  const refs = new Map<Digest, LayerRef>()
  const folders = new Map<Digest, Promise<string>>()
  const merged = new Map<string, Promise<Digest>>()

  const ref = (diffID: Digest): LayerRef => {
    const known = refs.get(diffID)
    if (known !== undefined) return known
    const opened = openLayer(store, diffID, { signal })
    refs.set(diffID, opened)
    return opened
  }
  const view = ({ diffIDs }: LayerChain): RootfsView => createView(diffIDs.map(ref))

  const extract = async ({ below, diffID }: PlacedLayer, chainID: Digest): Promise<string> => {
    const folder = store.snapshots.create()
    try {
      await extractLayer({ layer: ref(diffID), below: view(below), target: folder.dir, signal })
      return (await folder.commit(chainID, diffID)).dir
    } catch (error) {
      await folder.discard()
      throw error
    }
  }
  const lower = (layer: PlacedLayer): Promise<string> => {
    const chainID = nextChainID(layer.below.chainIDs.at(-1), layer.diffID)
    const known = folders.get(chainID)
    if (known !== undefined) return known
    const stored = store.snapshots.get(chainID)
    const found = stored === undefined ? extract(layer, chainID) : Promise.resolve(stored.dir)
    folders.set(chainID, found)
    return found
  }
  const merge = (chain: LayerChain, range: LayerRange): Promise<Digest> => {
    const key = `${range.from} ${chain.chainIDs[range.to - 1]}`
    const known = merged.get(key)
    if (known !== undefined) return known
    const made = mergeLayers(store, chain.diffIDs, { ...range, signal })
    merged.set(key, made)
    return made
  }
  return {
    view,
    lowers: async (chain) => {
      const missing = chain.diffIDs.filter((diffID) => store.layers.get(diffID)?.bytes.kind === 'remote')
      await store.fetchLayers(missing, { signal })
      for (const diffID of missing) refs.delete(diffID)
      const layers: PlacedLayer[] = []
      for (const range of rangesOf(chain)) {
        layers.push({ below: prefixOf(chain, range.from), diffID: await merge(chain, range) })
      }
      return allOf(layers.map(lower))
    },
  }
}

function rangesOf({ diffIDs }: LayerChain): LayerRange[] {
  let to = 0
  return partition(diffIDs.length, mostLowers).map((size) => ({ from: to, to: (to += size) }))
}

function prefixOf({ diffIDs, chainIDs }: LayerChain, length: number): LayerChain {
  return { diffIDs: diffIDs.slice(0, length), chainIDs: chainIDs.slice(0, length) }
}

/** What all come to, or the first failure when all have come to rest: nothing is extracted behind the caller's back. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

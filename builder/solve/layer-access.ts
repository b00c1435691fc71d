import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { extractLayer } from '../layers/extract.ts'
import { createView, type LayerRef, type RootfsView } from '../layers/view.ts'
import { openLayer } from '../store/open-layer.ts'
import type { Store } from '../store/types.ts'
import type { LayerChain } from './layer-chain.ts'

/** Stacks of stored layers as trees to look into and as folders to mount. One per build; keeps what it opened. */
export interface LayerAccess {
  /** The merged tree of a stack. Nothing is extracted. Errors: LAYER_INVALID when a layer is not in the store. */
  view(chain: LayerChain): RootfsView
  /** One folder for each layer, the base first, usable as overlay lowers. Extracts those that are not there yet. Errors: NOT_SUPPORTED for more than 127. */
  lowers(chain: LayerChain): Promise<readonly string[]>
}

export function createLayerAccess(store: Store): LayerAccess {
  const refs = new Map<Digest, LayerRef>()
  const folders = new Map<Digest, Promise<string>>()

  const ref = (diffID: Digest): LayerRef => {
    const known = refs.get(diffID)
    if (known !== undefined) return known
    const opened = openLayer(store, diffID)
    refs.set(diffID, opened)
    return opened
  }
  const view = ({ diffIDs }: LayerChain): RootfsView => createView(diffIDs.map(ref))

  const extract = async (chain: LayerChain, depth: number, chainID: Digest): Promise<string> => {
    const diffID = chain.diffIDs[depth]
    if (diffID === undefined) throw new Error('chain is shorter than its chainIDs')
    const below = view({ diffIDs: chain.diffIDs.slice(0, depth), chainIDs: chain.chainIDs.slice(0, depth) })
    const folder = store.snapshots.create()
    try {
      await extractLayer({ layer: ref(diffID), below, target: folder.dir })
      return (await folder.commit(chainID, diffID)).dir
    } catch (error) {
      await folder.discard()
      throw error
    }
  }
  const lower = (chain: LayerChain, depth: number, chainID: Digest): Promise<string> => {
    const known = folders.get(chainID)
    if (known !== undefined) return known
    const stored = store.snapshots.get(chainID)
    const found = stored === undefined ? extract(chain, depth, chainID) : Promise.resolve(stored.dir)
    folders.set(chainID, found)
    return found
  }
  return {
    view,
    lowers: async (chain) => {
      if (chain.chainIDs.length > maxLowers) throw tooManyLayers(chain.chainIDs.length)
      return Promise.all(chain.chainIDs.map((chainID, depth) => lower(chain, depth, chainID)))
    },
  }
}

/** As many fit in the options of one overlay mount. */
const maxLowers = 127

function tooManyLayers(count: number): IbuildError {
  return new IbuildError(
    'NOT_SUPPORTED',
    `a command can run on at most ${maxLowers} layers; here are ${count} layers`,
    {
      hint: 'Make the image from fewer layers, for example by joining RUN instructions with &&.',
    },
  )
}

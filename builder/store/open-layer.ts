import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import type { LayerRef } from '../layers/view.ts'
import { layoutOf } from './layout.ts'
import type { Store, StoredLayer } from './types.ts'

/** A layer that an image of the store names. Errors: LAYER_INVALID when it is not there. */
export function needLayer({ layers }: Store, diffID: Digest): StoredLayer {
  const layer = layers.get(diffID)
  if (layer !== undefined) return layer
  throw new IbuildError('LAYER_INVALID', `layer ${diffID} is not in the store`, {
    hint: 'The image is damaged: load or build it again.',
  })
}

/** The same with its index opened, as a view takes it; the options are those of {@link openLayerIndex}. */
export function openLayer(store: Store, diffID: Digest, options: { keptBlocks?: number } = {}): LayerRef {
  const { indexFile, bytes } = needLayer(store, diffID)
  return { diffID, index: openLayerIndex(indexFile, options), bytes, scratch: layoutOf(store.root).temporary }
}

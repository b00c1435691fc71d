import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { openLayerIndex } from '../layers/layer-index.ts'
import type { LayerRef } from '../layers/view.ts'
import { layoutOf } from './layout.ts'
import type { LayerStore, Store, StoredLayer } from './types.ts'

/** A layer that an image of the store names. Errors: LAYER_INVALID when it is not there. */
export function needLayer({ layers }: { readonly layers: Pick<LayerStore, 'get'> }, diffID: Digest): StoredLayer {
  const layer = layers.get(diffID)
  if (layer !== undefined) return layer
  throw new IbuildError('LAYER_INVALID', `layer ${diffID} is not in the store`, {
    hint: 'The image is damaged: load or build it again.',
  })
}

/** A layer with its bytes. Errors: LAYER_INVALID, LAYER_NOT_HERE. */
export function whole(layers: Pick<LayerStore, 'get'>, diffID: Digest): StoredLayer {
  const layer = needLayer({ layers }, diffID)
  if (layer.bytes.kind !== 'remote') return layer
  throw new IbuildError('LAYER_NOT_HERE', `of layer ${diffID} only the index is here`)
}

/** One with its index opened, as a view takes it; the options are those of {@link openLayerIndex}. */
export function openLayer(store: Store, diffID: Digest, options: OpenOptions = {}): LayerRef {
  const { indexFile, bytes } = needLayer(store, diffID)
  const index = openLayerIndex(indexFile, options)
  const scratch = layoutOf(store.root).temporary
  if (bytes.kind !== 'remote') return { diffID, index, bytes, scratch }
  const load = async (): Promise<LayerRef> => {
    await store.fetchLayers([diffID], options)
    return openLayer(store, diffID, options)
  }
  let loaded: Promise<LayerRef> | undefined
  return { diffID, index, bytes: { kind: 'remote', files: bytes.files, fetch: () => (loaded ??= load()) }, scratch }
}

interface OpenOptions {
  readonly keptBlocks?: number
  /** Stops the fetching of bytes that are not here. */
  readonly signal?: AbortSignal | undefined
}

import type { Digest } from '../../shared/base/digest.ts'
import type { Store, StoredLayer } from './types.ts'

/**
 * The same store, but each layer that is there with its bytes is looked up on the disk once. For the holder of a shared lock, until it
 * is released: before that nobody takes a layer away.
 */
export function lookUpOnce(store: Store): Store {
  const known = new Map<Digest, StoredLayer>()
  const get = (diffID: Digest): StoredLayer | undefined => {
    const layer = known.get(diffID) ?? store.layers.get(diffID)
    if (layer !== undefined && layer.bytes.kind !== 'remote') known.set(diffID, layer)
    return layer
  }
  return { ...store, layers: { ...store.layers, get } }
}

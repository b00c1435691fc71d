import { withRemote } from '../../builder/remote/with-remote.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import type { LayerOptions, StoreOptions } from './options.ts'

/** The store for work that reads layers. */
export function wholeStore({ root, layersFrom }: StoreOptions & LayerOptions): Store {
  const store = openStore(root)
  return layersFrom === undefined ? store : withRemote(store, layersFrom)
}

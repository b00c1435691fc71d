import { findImage } from '../../builder/find-image.ts'
import { withRemote } from '../../builder/remote/with-remote.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { briefImages } from '../adapters/lazy-images.ts'
import { dataFolder } from './data-folder.ts'
import { openRegistryClient } from './registry-client.ts'

/** The store in the data folder that the options name; layers of which only the index is here come from their registries. */
export function storeOf(flags: { readonly root?: string }): Store {
  return withRemote(openStore(dataFolder(flags.root)), briefImages(openRegistryClient))
}

/** The image that a name, ID or digest means. Errors: IMAGE_NOT_FOUND with similar names. */
export function imageOf(store: Store, text: string): StoredImage {
  return findImage(store, text)
}

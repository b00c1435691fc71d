import { findImage } from '../../builder/find-image.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { dataFolder } from './data-folder.ts'

/** The store in the data folder that the options name. */
export function storeOf(flags: { readonly root?: string }): Store {
  return openStore(dataFolder(flags.root))
}

/** The image that a name, ID or digest means. Errors: IMAGE_NOT_FOUND with similar names. */
export function imageOf(store: Store, text: string): StoredImage {
  return findImage(store, text)
}

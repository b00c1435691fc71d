import { IbuildError } from '../shared/base/errors.ts'
import { suggest } from '../shared/base/suggest.ts'
import { imageNames } from './store/image-names.ts'
import type { Store, StoredImage } from './store/types.ts'

/** The image that a name, ID or digest means. Errors: IMAGE_NOT_FOUND with a similar name, REFERENCE_INVALID. */
export function findImage(store: Store, text: string): StoredImage {
  const found = store.images.get(text)
  if (found !== undefined) return found
  const similar = suggest(text, imageNames(store))
  throw new IbuildError('IMAGE_NOT_FOUND', `no image ${JSON.stringify(text)} in ${store.root}`, {
    hint: similar === undefined ? 'See ibuild images, and --root for the data folder.' : `Did you mean ${similar}?`,
  })
}

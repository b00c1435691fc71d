import { openStore } from '../../builder/store/open.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { shortName } from '../../shared/base/reference.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { dataFolder } from './data-folder.ts'

/** The store in the data folder that the options name. */
export function storeOf(flags: { readonly root?: string }): Store {
  return openStore(dataFolder(flags.root))
}

/** The image that a name, ID or digest means. Errors: IMAGE_NOT_FOUND with similar names. */
export function imageOf(store: Store, text: string): StoredImage {
  const found = store.images.get(text)
  if (found !== undefined) return found
  const names = store.images.list().flatMap((image) => image.names.map(shortName))
  const similar = suggest(text, [...names, ...names.map((name) => name.replace(/:latest$/, ''))])
  throw new IbuildError('IMAGE_NOT_FOUND', `no image ${JSON.stringify(text)} in ${store.root}`, {
    hint: similar === undefined ? 'See ibuild images, and --root for the data folder.' : `Did you mean ${similar}?`,
  })
}

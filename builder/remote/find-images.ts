import { isIbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import type { BaseImage, ImageSource } from '../plan/types.ts'
import type { RemoteImages } from '../ports.ts'
import type { Store } from '../store/types.ts'
import type { BaseImageOptions } from './base-images.ts'

export interface FindImagesOptions extends BaseImageOptions {
  /** Asks registries anew for names that the store has; what is named by its digest never has to be asked for. */
  readonly pull: boolean
}

/**
 * Finds images in the store and, where it has none of that name, in registries; each name once. The code for that is loaded when
 * it is needed.
 */
export function findImages(
  store: Store,
  { local, remote }: { readonly local: ImageSource; readonly remote: RemoteImages },
  options: FindImagesOptions,
): ImageSource {
  const fetch: ImageSource['resolve'] = async (name, location) => {
    const { registryImages } = await import('./base-images.ts')
    return registryImages(store, { local, remote }, options).resolve(name, location)
  }
  const find: ImageSource['resolve'] = async (name, location) => {
    if (options.pull) return fetch(name, location)
    try {
      return await local.resolve(name, location)
    } catch (error) {
      if (!isIbuildError(error, 'IMAGE_NOT_FOUND')) throw error
      return fetch(name, location)
    }
  }
  const asked = new Map<string, Promise<BaseImage>>()
  return {
    resolve(name: string, location: SourceLocation) {
      const found = asked.get(name) ?? find(name, location)
      asked.set(name, found)
      return found
    },
  }
}

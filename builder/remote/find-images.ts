import { isIbuildError } from '../../shared/base/errors.ts'
import type { BaseImage, ImageSource } from '../plan/types.ts'
import type { ImageVerifier, RemoteImages } from '../ports.ts'
import type { Store } from '../store/types.ts'
import type { BaseImageOptions } from './base-images.ts'

export interface FindImagesOptions extends BaseImageOptions {
  /** Asks registries anew for names that the store has; what is named by its digest never has to be asked for. */
  readonly pull: boolean
}

interface Places {
  readonly local: ImageSource
  /** Undefined when no registry is to be asked. */
  readonly remote: RemoteImages | undefined
  /** Who says what names mean; undefined: whoever has an image of the name. */
  readonly verifier: ImageVerifier | undefined
}

/**
 * Finds images in the store and, where it has none of that name, in registries; each name once. With a verifier it is what was
 * signed, in the store as well. The code for all that is loaded when it is needed.
 */
export function findImages(store: Store, places: Places, options: FindImagesOptions): ImageSource {
  const { remote, verifier } = places
  const others = remote === undefined ? places.local : unverifiedImages(store, { ...places, remote }, options)
  const verified: ImageSource['resolve'] = async (name, location) => {
    if (verifier === undefined) return others.resolve(name, location)
    const { verifiedImages } = await import('./verified-images.ts')
    return verifiedImages(store, { verifier, remote, others }, options).resolve(name, location)
  }
  return onceEach(verified)
}

/** Each name is looked for once, whoever asks. */
function onceEach(find: ImageSource['resolve']): ImageSource {
  const asked = new Map<string, Promise<BaseImage>>()
  return {
    resolve(name, location) {
      const found = asked.get(name) ?? find(name, location)
      asked.set(name, found)
      return found
    },
  }
}

function unverifiedImages(
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
  return { resolve: find }
}

import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import type { BaseImage, ImageSource } from '../plan/types.ts'
import type { Store } from '../store/types.ts'

/** Finds base images in the local store. */
export function localImages(store: Store): ImageSource {
  return {
    async resolve(name: string, location: SourceLocation): Promise<BaseImage> {
      const image = find(store, name, location)
      return { name, manifestDigest: image.manifestDigest, config: image.config, diffIDs: image.config.rootfs.diff_ids }
    },
  }
}

function find(store: Store, name: string, location: SourceLocation) {
  try {
    const found = store.images.get(name)
    if (found !== undefined) return found
  } catch (error) {
    if (!(error instanceof IbuildError)) throw error
    throw new IbuildError(error.code, error.message, {
      location,
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    })
  }
  const similar = suggest(
    name,
    store.images.list().flatMap(({ names }) => names),
  )
  throw new IbuildError('IMAGE_NOT_FOUND', `image ${JSON.stringify(name)} is not in the local store`, {
    location,
    hint:
      similar === undefined
        ? 'Bring it in with ibuild load or ibuild import; see ibuild images.'
        : `Did you mean ${similar}?`,
  })
}

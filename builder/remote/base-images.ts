import { IbuildError, isIbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import type { ImageSource } from '../plan/types.ts'
import type { RemoteImages } from '../ports.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { pulledName } from '../transfer/pull-image.ts'
import type { Transfers } from '../transfer/transfers.ts'
import { adoptImage } from './adopt-image.ts'

export interface BaseImageOptions {
  readonly platform: Platform
  /** Tells of an image whether contents of its layers will be needed. */
  readonly needsContents: (name: string, config: ImageConfig) => boolean
  readonly transfers: Transfers
  readonly onNotice: (message: string) => void
  readonly signal?: AbortSignal | undefined
}

interface Sources {
  /** The images of the store. */
  readonly local: ImageSource
  readonly remote: RemoteImages
}

/**
 * Finds the base images that the store has not, or is not to answer for, in registries. Errors: those of the local source, and of
 * the registry, which then say both.
 */
export function registryImages(store: Store, { local, remote }: Sources, options: BaseImageOptions): ImageSource {
  return {
    async resolve(name, location) {
      const reference = referenceOf(name)
      const isPinned = reference?.digest !== undefined
      if (reference === undefined || (isPinned && store.images.get(name) !== undefined)) {
        return local.resolve(name, location)
      }
      const image = await fetchBase(store, { remote, local }, { ...options, name, reference, location })
      return { name, manifestDigest: image.manifestDigest, config: image.config, diffIDs: image.config.rootfs.diff_ids }
    },
  }
}

/** Undefined for what can only be in the store: an ID, or no name at all. */
function referenceOf(name: string): Reference | undefined {
  try {
    return withDefaultTag(parseReference(name))
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID')) return undefined
    throw error
  }
}

interface FetchBase extends BaseImageOptions {
  readonly name: string
  readonly reference: Reference
  readonly location: SourceLocation
}

async function fetchBase(store: Store, { remote, local }: Sources, options: FetchBase): Promise<StoredImage> {
  const { name, reference, location, platform, signal } = options
  const full = pulledName(reference)
  try {
    const found = await remote.find(reference, { platform, signal })
    if (found !== undefined)
      return await adoptImage(store, found, {
        ...options,
        name: full,
        needsContents: (config) => options.needsContents(name, config),
      })
  } catch (error) {
    signal?.throwIfAborted()
    throw await withBoth(error, { store, local }, options)
  }
  const isHere = store.images.get(name) !== undefined
  const where = isHere ? 'only in the local store, not' : 'neither in the local store nor'
  throw new IbuildError(
    'IMAGE_NOT_FOUND',
    `image ${JSON.stringify(name)} is ${where} in its registry, ${reference.domain}`,
    {
      location,
      hint: isHere
        ? withoutPull
        : ((await similarHint(local, options)) ?? 'See ibuild images for what is in the store.'),
    },
  )
}

const withoutPull = 'Build without --pull to use the image of the store.'

/** The local source knows what is called nearly so. */
async function similarHint(local: ImageSource, { name, location }: FetchBase): Promise<string | undefined> {
  const missing = await local.resolve(name, location).catch((error: unknown) => error)
  const hint = isIbuildError(missing) ? missing.hint : undefined
  return hint?.startsWith('Did you mean') === true ? hint : undefined
}

/** What the registry said, at the line that asked, with what the store has. */
async function withBoth(
  error: unknown,
  { store, local }: { readonly store: Store; readonly local: ImageSource },
  options: FetchBase,
): Promise<unknown> {
  if (!(error instanceof IbuildError) || error.code === 'DISK_FULL') return error
  const { name, location } = options
  const isHere = store.images.get(name) !== undefined
  const what = isHere
    ? 'the registry did not give it anew'
    : 'it is not in the local store, and the registry did not give it'
  const message = `image ${JSON.stringify(name)}: ${what}: ${error.message}`
  const hint = isHere ? withoutPull : ((await similarHint(local, options)) ?? error.hint)
  return new IbuildError(error.code, message, { location, cause: error, ...(hint !== undefined && { hint }) })
}

import { IbuildError, isIbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import type { Reference } from '../../shared/base/reference.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { BaseImage, ImageSource } from '../plan/types.ts'
import type { ImageVerifier, RemoteImages, VerifiedContent } from '../ports.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { pulledName } from '../transfer/pull-image.ts'
import { asSigned, findSigned, isOfContent, signableReference } from '../transfer/signed-content.ts'
import { adoptImage } from './adopt-image.ts'
import type { BaseImageOptions } from './base-images.ts'

interface Sources {
  readonly verifier: ImageVerifier
  /** Undefined when there are no registries to ask: then the store must have what was signed. */
  readonly remote: RemoteImages | undefined
  /** For images that need not be signed. */
  readonly others: ImageSource
}

/**
 * Finds images by what was signed under their names, wherever they lie: one of the store counts only when it is known to be that.
 * Errors: TRUST_*, those of the registry and of the other source.
 */
export function verifiedImages(store: Store, sources: Sources, options: BaseImageOptions): ImageSource {
  const { verifier, others } = sources
  return {
    async resolve(name, location) {
      const wanted = await located(location, async () => verified(name, verifier, options))
      if (wanted === undefined) return others.resolve(name, location)
      const image =
        knownImage(store, wanted) ?? (await fetchSigned(store, sources, { ...options, ...wanted, name, location }))
      return baseImage(name, image)
    },
  }
}

interface Wanted {
  readonly reference: Reference
  readonly content: VerifiedContent
}

/** Undefined for what need not be signed. */
async function verified(
  name: string,
  verifier: ImageVerifier,
  { signal }: BaseImageOptions,
): Promise<Wanted | undefined> {
  const reference = signableReference(name)
  if (reference === undefined) {
    await verifier.checkUnnamed(name)
    return undefined
  }
  const content = await verifier.verify(reference, { signal })
  return content && { reference, content }
}

/** The image that the name means in the store, if it is what was signed. */
function knownImage(store: Store, { reference, content }: Wanted): StoredImage | undefined {
  const manifest = store.tags.get(pulledName(reference))
  const image = manifest && store.images.get(manifest)
  return image && isOfContent(store, image, content) ? image : undefined
}

interface FetchSigned extends BaseImageOptions, Wanted {
  readonly name: string
  readonly location: SourceLocation
}

async function fetchSigned(store: Store, { remote }: Sources, options: FetchSigned): Promise<StoredImage> {
  const { name, reference, content, location, platform, signal, needsContents } = options
  return located(location, async () => {
    if (remote === undefined) throw notHere(options)
    const found = await findSigned(remote, { reference, content }, { platform, signal })
    const needs = (config: ImageConfig): boolean => needsContents(name, config)
    const how = { ...options, name: pulledName(reference), needsContents: needs }
    return asSigned(reference, async () => adoptImage(store, found, how))
  })
}

function notHere({ name, content }: FetchSigned): IbuildError {
  const message = `the image of the store is not what was signed as ${JSON.stringify(name)}, ${content.digest}`
  return new IbuildError('TRUST_CONTENT', message, { hint: `Bring it in with ibuild pull --verify ${name}.` })
}

/** Errors are told at the line that named the image. */
async function located<T>(location: SourceLocation, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isIbuildError(error) || error.location !== undefined || error.code === 'CANCELLED') throw error
    const { code, message, hint } = error
    throw new IbuildError(code, message, { location, cause: error, ...(hint !== undefined && { hint }) })
  }
}

function baseImage(name: string, { manifestDigest, config }: StoredImage): BaseImage {
  return { name, manifestDigest, config, diffIDs: config.rootfs.diff_ids }
}

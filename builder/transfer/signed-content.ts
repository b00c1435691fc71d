import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { familiarName, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import type { FindOptions, RemoteImage, RemoteImages, VerifiedContent } from '../ports.ts'
import type { Store, StoredImage } from '../store/types.ts'

/**
 * The reference that a name given by people is, with the default tag; undefined for an ID or a digest of an image, which names no
 * repository. What breaks the grammar is REFERENCE_INVALID.
 */
export function signableReference(text: string): Reference | undefined {
  return unnamed.test(text) ? undefined : withDefaultTag(parseReference(text))
}

const unnamed = /^(?:sha(?:256|512):[0-9a-f]+|[0-9a-f]{64})$/

/** True when an image of the store is known to be what a digest names: its manifest, or the index through which it was found. */
export function isOfContent({ origins }: Store, { imageID }: StoredImage, { digest, size }: VerifiedContent): boolean {
  return origins.get(imageID).some(({ digest: own, manifest, index }) => {
    const known = own === digest ? manifest.byteLength : index?.digest === digest ? index.size : undefined
    return known !== undefined && (size === undefined || size === known)
  })
}

/**
 * The image that was signed, by its digest; the registry is not asked what the name means. Errors: those of the registry,
 * TRUST_CONTENT for what is not what was signed, IMAGE_NOT_FOUND.
 */
export async function findSigned(
  images: RemoteImages,
  { reference, content }: { readonly reference: Reference; readonly content: VerifiedContent },
  options: FindOptions,
): Promise<RemoteImage> {
  const { digest, size } = content
  const found = await asSigned(reference, async () => images.find({ ...reference, digest }, { ...options, size }))
  if (found !== undefined) return found
  const message = `${familiarName(reference)} is signed as ${digest}, which ${reference.domain} has not`
  throw new IbuildError('IMAGE_NOT_FOUND', message, {
    hint: 'What was signed was removed there, or is in another registry: push it again, or sign what is there.',
  })
}

/** Does work with signed content: when something comes that has another digest, that is told as what it is. Errors: TRUST_CONTENT. */
export async function asSigned<T>(reference: Reference, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isIbuildError(error, 'DIGEST_MISMATCH')) throw error
    const message = `${familiarName(reference)} is not what was signed: ${error.message}`
    throw new IbuildError('TRUST_CONTENT', message, { cause: error })
  }
}

import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { familiarName, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import type { FindOptions, ImageVerifier, RemoteImage, RemoteImages, VerifiedContent } from '../ports.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { pulledName } from './pull-image.ts'

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
 * TRUST_CONTENT for what is not what was signed, and when there is nothing of that digest.
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
  throw new IbuildError('TRUST_CONTENT', message, {
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

/** Digits that could be a name as well may be the beginning of an ID. */
function isByID(reference: Reference, image: StoredImage): boolean {
  return reference.digest === undefined && !image.names.includes(pulledName(reference))
}

/**
 * Lets an image of the store be used under the words by which it was found, or not: it must be what was signed under its name.
 * Errors: TRUST_*.
 */
export async function requireSigned(
  store: Store,
  { image, text }: { readonly image: StoredImage; readonly text: string },
  { verifier, signal }: { readonly verifier: ImageVerifier; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const reference = signableReference(text)
  if (reference === undefined || isByID(reference, image)) return verifier.checkUnnamed(text)
  const content = await verifier.verify(reference, { signal })
  if (content === undefined || isOfContent(store, image, content)) return
  const name = familiarName(reference)
  throw new IbuildError(
    'TRUST_CONTENT',
    `the image of the store is not what was signed as ${name}, ${content.digest}`,
    {
      hint: `Bring that in with ibuild pull --verify ${name}.`,
    },
  )
}

import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import type { KeyID, PublicKey } from '../tuf/types.ts'
import { bundleSigners, bundleType } from './bundle.ts'
import { cosignLimits } from './limits.ts'
import { layersOf, signatureTag } from './signature-manifests.ts'
import { payloadSigners, payloadType, signatureAnnotation } from './simple-signing.ts'
import type { CosignForm, SignatureReader } from './types.ts'

export interface FindOptions {
  /** Keys that count. */
  readonly keys: readonly PublicKey[]
  /** Nothing more is looked at when so many of them were found; default all. */
  readonly enough?: number | undefined
  /** Where to look; default both. */
  readonly forms?: readonly CosignForm[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** A search among what a registry shows. */
interface Search {
  readonly reader: SignatureReader
  readonly digest: Digest
  readonly keys: readonly PublicKey[]
  readonly enough: number
  readonly signal: AbortSignal | undefined
  readonly found: Set<KeyID>
}

/**
 * Keys (canonical IDs) that signed an image as cosign does, of those that are asked about. What is malformed, of another kind or
 * about another image is no signature. Errors: TRUST_TOO_LARGE when a registry shows more than is looked at and not enough of it is
 * good; what the reader rejects with, so that a registry that fails is never taken for one that has no signatures.
 */
export async function findSigners(
  reader: SignatureReader,
  digest: Digest,
  { keys, enough, forms = ['bundle', 'tag'], signal }: FindOptions,
): Promise<ReadonlySet<KeyID>> {
  const all = new Set(keys.map(({ canonicalID }) => canonicalID)).size
  const search = { reader, digest, keys, enough: Math.min(enough ?? all, all), signal, found: new Set<KeyID>() }
  if (all === 0) return search.found
  const isWhole = [
    !forms.includes('bundle') || (await searchBundles(search)),
    !forms.includes('tag') || isDone(search) || (await searchTag(search)),
  ].every(Boolean)
  if (isWhole || isDone(search)) return search.found
  throw new IbuildError(
    'TRUST_TOO_LARGE',
    `${digest} has more than ${cosignLimits.signatures} signatures, and those that were looked at are not enough`,
    { hint: 'Remove what is no signature of yours from the repository, for example with ibuild delete.' },
  )
}

function isDone({ found, enough }: Search): boolean {
  return found.size >= enough
}

/** False when there is more than was looked at. */
async function searchBundles(search: Search): Promise<boolean> {
  const { reader, digest, keys, signal, found } = search
  let count = 0
  for await (const { digest: referrer, size } of reader.referrers(digest, bundleType, signal)) {
    if (++count > cosignLimits.signatures) return false
    const bundle = size > cosignLimits.manifest ? undefined : await bundleOf(search, referrer)
    if (bundle === undefined) continue
    for (const signer of bundleSigners(bundle, digest, keys)) found.add(signer)
    if (isDone(search)) return true
  }
  return true
}

/** The bundle of a manifest; undefined for what has none, or more than one. */
async function bundleOf({ reader, signal }: Search, referrer: Digest): Promise<Uint8Array | undefined> {
  const manifest = await reader.manifest(referrer, signal)
  const layers = manifest && layersOf(manifest)
  const [layer] = layers ?? []
  const isOne = layers?.length === 1 && layer?.mediaType === bundleType && layer.size <= cosignLimits.bundle
  return isOne ? reader.blob(layer, signal) : undefined
}

/** False when there is more than was looked at. */
async function searchTag(search: Search): Promise<boolean> {
  const { reader, digest, signal } = search
  const manifest = await reader.manifest(signatureTag(digest), signal)
  if (manifest === undefined) return true
  if (manifest.bytes.byteLength > cosignLimits.manifest) return false
  const layers = (layersOf(manifest) ?? []).filter(isSignature)
  for (const layer of layers.slice(0, cosignLimits.signatures)) {
    // oxlint-disable-next-line no-await-in-loop -- most images have one signature; the first good ones are enough
    await searchLayer(search, layer)
    if (isDone(search)) return true
  }
  return layers.length <= cosignLimits.signatures
}

function isSignature({ mediaType, size, annotations }: Descriptor): boolean {
  return mediaType === payloadType && size <= cosignLimits.payload && annotations?.[signatureAnnotation] !== undefined
}

async function searchLayer({ reader, digest, keys, signal, found }: Search, layer: Descriptor): Promise<void> {
  const signature = layer.annotations?.[signatureAnnotation] ?? ''
  const payload = await reader.blob(layer, signal)
  for (const signer of payloadSigners({ payload, signature }, digest, keys)) found.add(signer)
}

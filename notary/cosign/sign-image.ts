import type { KeyObject } from 'node:crypto'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import type { PublicKey } from '../tuf/types.ts'
import { writeBundle } from './bundle.ts'
import { findSigners } from './find-signers.ts'
import { cosignLimits } from './limits.ts'
import { bundleManifest, layersOf, type SignatureManifest, signatureTag, withSignature } from './signature-manifests.ts'
import { signPayload, writePayload } from './simple-signing.ts'
import type { CosignForm, PutOptions, SignatureRegistry, StoredManifest } from './types.ts'

/** A key that can sign as cosign does: keys of the key store are, unlocked. */
export interface CosignKey {
  readonly key: PublicKey
  readonly privateKey: KeyObject
}

export interface SignOptions {
  /** Default both. */
  readonly forms?: readonly CosignForm[] | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/** An image that is in the registry: a manifest or index. */
export interface SignedImage {
  readonly descriptor: Descriptor
  /** Its repository with the host, for people. */
  readonly name: string
}

/** How often a tag that others change at the same time is tried. */
const mostTries = 8

/**
 * Signs an image with a key as cosign does, and stores it beside the image. A form that is there already by this key is left as it
 * is. Gives the forms that were written. Errors: TAG_CHANGED when others are always faster, TRUST_TOO_LARGE,
 * TRUST_METADATA_INVALID, KEY_INVALID, those of the registry.
 */
export async function signImage(
  registry: SignatureRegistry,
  image: SignedImage,
  key: CosignKey,
  { forms = ['bundle', 'tag'], now, signal }: SignOptions,
): Promise<readonly CosignForm[]> {
  const { digest } = image.descriptor
  const written: CosignForm[] = []
  for (const form of forms) {
    // oxlint-disable no-await-in-loop -- one form after the other: what was not asked for is not begun
    const signers = await findSigners(registry, digest, { keys: [key.key], forms: [form], signal })
    if (signers.size > 0) continue
    if (form === 'bundle') await putBundle(registry, image, { key, now, signal })
    else await addToTag(registry, image, { key, signal })
    // oxlint-enable no-await-in-loop
    written.push(form)
  }
  return written
}

interface Signing {
  readonly key: CosignKey
  readonly signal: AbortSignal | undefined
}

async function putBundle(
  registry: SignatureRegistry,
  { descriptor }: SignedImage,
  { key, now, signal }: Signing & Pick<SignOptions, 'now'>,
): Promise<void> {
  const made = bundleManifest(descriptor, writeBundle(descriptor.digest, key.privateKey), now)
  await put(registry, made.manifest.digest, made, { signal })
}

/** Reads what is there and writes it with one more, until nobody else was in between. */
async function addToTag(registry: SignatureRegistry, image: SignedImage, { key, signal }: Signing): Promise<void> {
  const { digest } = image.descriptor
  const payload = writePayload(digest, image.name)
  const signature = signPayload(payload, key.privateKey)
  const tag = signatureTag(digest)
  for (let tries = 1; ; tries++) {
    // oxlint-disable no-await-in-loop -- each try begins with what the one before it met
    const before = await registry.manifest(tag, signal)
    const made = withSignature(earlierLayers(tag, before), payload, signature)
    try {
      return await put(registry, tag, made, { expected: before?.digest ?? 'absent', signal })
    } catch (error) {
      if (tries === mostTries || !isIbuildError(error, 'TAG_CHANGED')) throw error
    }
    // oxlint-enable no-await-in-loop
  }
}

/** What cannot be read is not thrown away: it may be somebody's signatures. */
function earlierLayers(tag: string, before: StoredManifest | undefined): readonly Descriptor[] {
  if (before === undefined) return []
  const layers = layersOf(before)
  if (layers !== undefined && layers.length < cosignLimits.signatures) return layers
  const problem = layers === undefined ? 'is no manifest with signatures' : `has ${layers.length} signatures already`
  const code = layers === undefined ? 'TRUST_METADATA_INVALID' : 'TRUST_TOO_LARGE'
  throw new IbuildError(code, `nothing can be added to the tag ${tag}: it ${problem}`, {
    hint: 'Look at it, and remove it if nobody needs it.',
  })
}

async function put(
  registry: SignatureRegistry,
  ref: string,
  { manifest, blobs }: SignatureManifest,
  options: PutOptions,
): Promise<void> {
  await Promise.all(blobs.map(({ descriptor, bytes }) => registry.putBlob(descriptor, bytes, options.signal)))
  await registry.putManifest(ref, manifest, options)
}

import { signImage } from '../../../notary/cosign/sign-image.ts'
import { unlockKey } from '../../../notary/keys/key-ring.ts'
import type { KeyRing, KeyStore, StoredKey, UnlockedKey } from '../../../notary/keys/types.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import type { RegistryClient } from '../../../registry/client/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { signatureRegistry } from '../../adapters/signature-registry.ts'
import type { RegistryFlags } from '../registry-client.ts'
import { gunOf } from './image-name.ts'
import type { KeyFlags } from './key-flags.ts'
import { keyNamed } from './named-key.ts'
import type { TaggedImage } from './tagged-image.ts'

/** Flags for signatures of cosign. */
export interface CosignFlags extends KeyFlags, RegistryFlags {
  readonly cosignKey?: string
}

export interface ImageToSign {
  readonly image: TaggedImage
  readonly content: Descriptor
}

/** With which keys, and where. */
export interface CosignScope {
  readonly ring: KeyRing
  readonly client: Pick<RegistryClient, 'repository'>
  /** The beginning of a key's ID; the usual one unless told. */
  readonly cosignKey?: string | undefined
  readonly signal: AbortSignal
}

/**
 * Signs an image with a key of the key store as cosign does, beside it in its registry, as bundle and under the tag `.sig`. What
 * the key signed already stays. Errors: USAGE, KEY_*, PASSPHRASE_*, TAG_CHANGED, REGISTRY_*.
 */
export async function signAsCosign({ image, content }: ImageToSign, scope: CosignScope): Promise<void> {
  const { client, signal } = scope
  const gun = gunOf(image)
  const key = await cosignKeyOf(gun, scope)
  const registry = signatureRegistry(client.repository(image))
  await signImage(registry, { descriptor: content, name: gun }, key, { now: Date.now(), signal })
}

/** The key that signs an image as cosign does, unlocked. Errors: USAGE, KEY_*, PASSPHRASE_*. */
export async function cosignKeyOf(
  gun: Gun,
  { ring, cosignKey }: Pick<CosignScope, 'ring' | 'cosignKey'>,
): Promise<UnlockedKey> {
  const { id } = cosignKey === undefined ? await usualKey(ring.store, gun) : await keyNamed(ring.store, cosignKey)
  return unlockKey(ring, id)
}

/** The key of the signer, when the key store has just one; else the owner's of the image. Errors: USAGE, KEY_NOT_FOUND. */
async function usualKey(store: KeyStore, gun: Gun): Promise<StoredKey> {
  const keys = (await store.list()).filter(({ role }) => !['root', 'snapshot', 'timestamp'].includes(role ?? 'root'))
  const signers = keys.filter(({ role }) => role !== 'targets')
  const [key, ...others] = signers.length > 0 ? signers : keys.filter((each) => each.gun === gun)
  if (key === undefined)
    throw new IbuildError('KEY_NOT_FOUND', `there is no key to sign ${gun} with`, {
      hint: 'Make one with ibuild trust key generate NAME.',
    })
  if (others.length === 0) return key
  throw new IbuildError('USAGE', `there are ${others.length + 1} keys of signers`, {
    hint: 'Say with --cosign-key which one is to sign; see ibuild trust key list.',
  })
}

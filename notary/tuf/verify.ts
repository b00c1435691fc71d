import { constants, type KeyObject, verify } from 'node:crypto'
import { ecdsaDer } from './ecdsa-signature.ts'
import { methodOf } from './key.ts'
import type { KeyID, KeyType, Metadata, PublicKey, RoleKeys, UnknownKey } from './types.ts'

export interface SignatureVerdict {
  /** Canonical IDs of keys of the role whose signatures are true; each key once, in whatever form it came. */
  readonly signers: ReadonlySet<KeyID>
  /** How many signatures are missing to the threshold; 0 when it is reached. */
  readonly missing: number
}

/**
 * Counts who signed metadata of those who may. Each key counts once. The algorithm follows from the key, and a signature that names
 * another one does not count. Never throws.
 */
export function verifySignatures(
  metadata: Pick<Metadata, 'canonical' | 'signatures'>,
  role: RoleKeys,
  keys: ReadonlyMap<KeyID, PublicKey | UnknownKey>,
): SignatureVerdict {
  const allowed = new Set(role.keyIDs)
  const signers = new Set<KeyID>()
  for (const { keyID, method, bytes } of metadata.signatures) {
    const key = allowed.has(keyID) ? keys.get(keyID) : undefined
    if (key?.type === undefined || signers.has(key.canonicalID) || method !== methodOf(key.type)) continue
    if (isSignatureOf(key, metadata.canonical, bytes)) signers.add(key.canonicalID)
  }
  return { signers, missing: Math.max(0, role.threshold - signers.size) }
}

/** True when `signature` is one of `message` by `key`. */
export function isSignatureOf(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (methodOf(key.type) === 'ecdsa') return isEcdsaOf(key.object, message, signature)
    const { digest, options } = schemeOf(key.type, key.object)
    return verify(digest, message, options, signature)
  } catch {
    return false
  }
}

function isEcdsaOf(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  const der = ecdsaDer(key, signature)
  return der !== undefined && verify(ecdsaDigest, message, key, der)
}

const ecdsaDigest = 'sha256'

/**
 * Digest and options of node:crypto's `sign` and `verify` for a key of a type, which alone decides. Where a key needs no options it
 * stands alone: of an object around it node:crypto finds out by failures what it is, which takes as long as the signature.
 */
export function schemeOf(
  type: KeyType,
  key: KeyObject,
): { readonly digest: string | null; readonly options: KeyObject | SchemeOptions } {
  switch (type) {
    case 'ed25519':
      return { digest: null, options: key }
    case 'rsa':
    case 'rsa-x509':
      return { digest: 'sha256', options: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } }
    case 'ecdsa':
    case 'ecdsa-x509':
      return { digest: ecdsaDigest, options: { key, dsaEncoding: 'ieee-p1363' } }
  }
}

interface SchemeOptions {
  readonly key: KeyObject
  readonly padding?: number
  readonly saltLength?: number
  readonly dsaEncoding?: 'ieee-p1363'
}

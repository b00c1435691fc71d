import { constants, type KeyObject, sign, verify } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'

/** Hashes that cosign signs with, the one of new signatures first; null for those that hash by themselves. */
const hashesOfCurves: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['sha256'],
  secp384r1: ['sha384', 'sha256'],
  secp521r1: ['sha512', 'sha256'],
}

function hashesOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly (string | null)[] {
  if (type === 'ed25519') return [null]
  if (type === 'rsa') return ['sha256']
  return (type === 'ec' && hashesOfCurves[details?.namedCurve ?? '']) || []
}

/** RSA as in PKCS#1 v1.5; ECDSA in DER: what node:crypto does unless told otherwise. */
function optionsOf(key: KeyObject): { readonly key: KeyObject; readonly padding?: number } {
  return key.asymmetricKeyType === 'rsa' ? { key, padding: constants.RSA_PKCS1_PADDING } : { key }
}

/** A signature as cosign makes it. */
export function cosignSignature(privateKey: KeyObject, message: Uint8Array): Buffer {
  const [hash] = hashesOf(privateKey)
  if (hash === undefined) throw new IbuildError('KEY_INVALID', 'cosign makes no signatures with keys of that type')
  return sign(hash, message, optionsOf(privateKey))
}

/** True for a signature of `message` by the key; the key alone says how it is made. Never throws. */
export function isCosignSignature(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return hashesOf(publicKey).some((hash) => {
    try {
      return verify(hash, message, optionsOf(publicKey), signature)
    } catch {
      return false
    }
  })
}

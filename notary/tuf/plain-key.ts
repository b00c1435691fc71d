import { createPublicKey, type KeyObject } from 'node:crypto'

/** Length of an Ed25519 key without anything around it. */
export const rawEd25519 = 32
const ed25519Head = Buffer.from('302a300506032b6570032100', 'hex')

/** DER (SPKI) of an Ed25519 key, of its 32 bytes (RFC 8410, section 4). */
export function spkiOfEd25519(raw: Uint8Array): Buffer {
  return Buffer.concat([ed25519Head, raw])
}

const curves: ReadonlySet<string | undefined> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const minBits = 2048
/** Beyond that, who sends signatures keeps busy who verifies them. */
const maxBits = 8192

/** Why a key is not used as one of type `type`; undefined when it is. */
export function keyProblem(object: KeyObject, type: 'ecdsa' | 'rsa' | 'ed25519'): string | undefined {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = object
  if (kind !== (type === 'ecdsa' ? 'ec' : type)) return `it is one of type ${kind}`
  if (type === 'ecdsa' && !curves.has(details?.namedCurve)) {
    return `the curve ${details?.namedCurve ?? 'without a name'} is none of P-256, P-384 and P-521`
  }
  const bits = details?.modulusLength ?? 0
  if (type === 'rsa' && bits < minBits) return `${bits} bits are too few, 2048 is the least`
  return type === 'rsa' && bits > maxBits ? `${bits} bits are too many, 8192 is the most` : undefined
}

/** The one form of a key that counts: 32 bytes of Ed25519, else DER (SPKI) with the point uncompressed and the curve by name. */
export function plainForm(object: KeyObject): Buffer {
  if (object.asymmetricKeyType === 'ec') return uncompressed(object).export({ format: 'der', type: 'spki' })
  const spki = object.export({ format: 'der', type: 'spki' })
  return object.asymmetricKeyType === 'ed25519' ? spki.subarray(ed25519Head.length) : spki
}

/** OpenSSL writes a point as it was read; made of its coordinates it is uncompressed. */
function uncompressed(object: KeyObject): KeyObject {
  return createPublicKey({ key: object.export({ format: 'jwk' }), format: 'jwk' })
}

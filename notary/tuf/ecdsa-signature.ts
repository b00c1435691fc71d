import type { KeyObject } from 'node:crypto'

/** Bytes of each of the two numbers of a signature, by curve. */
const numberBytes: ReadonlyMap<string | undefined, number> = new Map([
  ['prime256v1', 32],
  ['secp384r1', 48],
  ['secp521r1', 66],
])

/**
 * The DER form (RFC 3279, section 2.2.3) of an ECDSA signature as it stands in metadata: two numbers, each as long as those of the
 * key's curve. Undefined for one of another length. node:crypto would read that form itself, but takes twice as long to verify it.
 */
export function ecdsaDer(key: KeyObject, signature: Uint8Array): Buffer | undefined {
  const bytes = numberBytes.get(key.asymmetricKeyDetails?.namedCurve)
  if (bytes === undefined || signature.byteLength !== 2 * bytes) return undefined
  return tagged(0x30, [...integer(signature.subarray(0, bytes)), ...integer(signature.subarray(bytes))])
}

/** A positive number without needless zeros; one before the highest bit, which would make it negative. */
function integer(number: Uint8Array): Buffer {
  const first = number.findIndex((byte) => byte !== 0)
  const digits = number.subarray(first < 0 ? number.byteLength - 1 : first)
  return tagged(0x02, (digits[0] ?? 0) < 0x80 ? digits : [0, ...digits])
}

/** Content of less than 256 bytes. */
function tagged(tag: number, content: ArrayLike<number>): Buffer {
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x81, length]
  return Buffer.concat([Buffer.from(head), Buffer.from(content)])
}

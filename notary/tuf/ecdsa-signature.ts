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
  const [r, s] = [integer(signature.subarray(0, bytes)), integer(signature.subarray(bytes))]
  const length = r.length + s.length
  return Buffer.concat([Buffer.from(length < 0x80 ? [0x30, length] : [0x30, 0x81, length]), r, s])
}

/** DER of a positive number: without needless zeros, but with one before the highest bit, which would make it negative. */
function integer(number: Uint8Array): Buffer {
  let first = 0
  while (first < number.length - 1 && number[first] === 0) first++
  const length = number.length - first
  const start = (number[first] ?? 0) < 0x80 ? 2 : 3
  const der = Buffer.alloc(start + length)
  der[0] = 0x02
  der[1] = start - 2 + length
  der.set(number.subarray(first), start)
  return der
}

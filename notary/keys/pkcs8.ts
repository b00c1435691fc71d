import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { decode, encode, integer, membersOf, octets, octetsOf, oid, oidOf, sequence } from '../../shared/crypto/asn1.ts'

/** How Docker's key store names Ed25519; what follows is the public key, the seed, and the public key again. */
const dockerEd25519 = '1.3.6.1.4.1.11591.15.1'
const rsa = '1.2.840.113549.1.1.1'
/** What stands before the seed in RFC 8410. */
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** PKCS#8 of a private key as the stock clients read it: standard, but for Ed25519. */
export function writePkcs8(key: KeyObject): Buffer {
  const der = key.export({ type: 'pkcs8', format: 'der' })
  if (key.asymmetricKeyType !== 'ed25519') return der
  const seed = der.subarray(seedPrefix.length, seedPrefix.length + 32)
  const point = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32)
  return encode(sequence(integer(0), sequence(oid(dockerEd25519)), octets(Buffer.concat([point, seed, point]))))
}

/** A private key of PKCS#8: standard, or as Docker's key store has it. Undefined for what is none. */
export function readPkcs8(der: Uint8Array): KeyObject | undefined {
  try {
    const [, algorithm, content] = membersOf(decode(der)) ?? []
    const [id, bytes] = [oidOf(membersOf(algorithm)?.[0]), octetsOf(content)]
    if (id === dockerEd25519) return bytes === undefined ? undefined : fromPoints(bytes)
    if (id === rsa && bytes !== undefined) return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' })
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

/** Ed25519 from the public key, the seed and the public key again. Undefined when they do not belong together. */
export function fromPoints(bytes: Buffer): KeyObject | undefined {
  if (bytes.length !== 96) return undefined
  const key = createPrivateKey({
    key: Buffer.concat([seedPrefix, bytes.subarray(32, 64)]),
    format: 'der',
    type: 'pkcs8',
  })
  const point = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32)
  return point.equals(bytes.subarray(0, 32)) && point.equals(bytes.subarray(64)) ? key : undefined
}

import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import {
  type Asn1,
  decode,
  encode,
  integer,
  integerOf,
  membersOf,
  octets,
  octetsOf,
  oid,
  oidOf,
  sequence,
} from '../../shared/crypto/asn1.ts'

const derive = promisify(pbkdf2)

const pbes2ID = '1.2.840.113549.1.5.13'
const pbkdf2ID = '1.2.840.113549.1.5.12'
/** The one cipher that the stock clients know. */
const ownCipherID = '2.16.840.1.101.3.4.1.42'
const ciphers: ReadonlyMap<string, { readonly name: string; readonly keyBytes: number }> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyBytes: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyBytes: 24 }],
  [ownCipherID, { name: 'aes-256-cbc', keyBytes: 32 }],
])
const hashes: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
])

/** Of PBKDF2 for what is locked here, and the most that is worked through for what others locked. */
const ownIterations = 100_000
const mostIterations = 10_000_000

/**
 * Locks bytes with a passphrase: EncryptedPrivateKeyInfo by PBES2 (RFC 8018, section 6.2) in the one way that the stock clients
 * read: PBKDF2 with HMAC-SHA1, which is not named, and AES-256-CBC.
 */
export async function lock(bytes: Uint8Array, passphrase: string): Promise<Buffer> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', await derive(passphrase, salt, ownIterations, 32, 'sha1'), iv)
  const content = Buffer.concat([cipher.update(bytes), cipher.final()])
  const derivation = sequence(oid(pbkdf2ID), sequence(octets(salt), integer(ownIterations)))
  const scheme = sequence(oid(pbes2ID), sequence(derivation, sequence(oid(ownCipherID), octets(iv))))
  return encode(sequence(scheme, octets(content)))
}

interface Locked {
  readonly salt: Buffer
  readonly iterations: number
  readonly hash: string
  readonly cipher: { readonly name: string; readonly keyBytes: number }
  readonly iv: Buffer
  readonly content: Buffer
}

/** Whether bytes are locked in a way that {@link unlock} knows. */
export function isLockedKey(der: Uint8Array): boolean {
  return readLocked(der) !== undefined
}

/**
 * What {@link lock} or another program locked by PBES2 with PBKDF2 and AES. With a wrong passphrase: undefined, or, once in 256
 * times, bytes that are nothing.
 */
export async function unlock(der: Uint8Array, passphrase: string): Promise<Buffer | undefined> {
  const locked = readLocked(der)
  if (locked === undefined) return undefined
  const { salt, iterations, hash, cipher, iv, content } = locked
  const decipher = createDecipheriv(cipher.name, await derive(passphrase, salt, iterations, cipher.keyBytes, hash), iv)
  try {
    return Buffer.concat([decipher.update(content), decipher.final()])
  } catch {
    return undefined // the padding is wrong
  }
}

function readLocked(der: Uint8Array): Locked | undefined {
  const [scheme, content] = membersOf(decodeOr(der)) ?? []
  const [schemeID, parameters] = membersOf(scheme) ?? []
  const [derivation, encryption] = membersOf(parameters) ?? []
  const cipher = readCipher(encryption)
  const key = readDerivation(derivation)
  const bytes = octetsOf(content)
  const isKnown = oidOf(schemeID) === pbes2ID && cipher !== undefined && key !== undefined && bytes !== undefined
  return isKnown ? { ...cipher, ...key, content: bytes } : undefined
}

function readCipher(encryption: Asn1 | undefined): Pick<Locked, 'cipher' | 'iv'> | undefined {
  const [id, vector] = membersOf(encryption) ?? []
  const [cipher, iv] = [ciphers.get(oidOf(id) ?? ''), octetsOf(vector)]
  return cipher !== undefined && iv?.length === 16 ? { cipher, iv } : undefined
}

/** RFC 8018, appendix A.2: behind the iterations come a length that says nothing new, and the hash when it is not SHA-1. */
function readDerivation(derivation: Asn1 | undefined): Pick<Locked, 'salt' | 'iterations' | 'hash'> | undefined {
  const [id, parameters] = membersOf(derivation) ?? []
  const [first, second, ...rest] = membersOf(parameters) ?? []
  const [salt, iterations] = [octetsOf(first), integerOf(second)]
  const named = rest.map((each) => membersOf(each)?.[0]).find((each) => each !== undefined)
  const hash = named === undefined ? 'sha1' : hashes.get(oidOf(named) ?? '')
  if (oidOf(id) !== pbkdf2ID || salt === undefined || iterations === undefined || hash === undefined) return undefined
  return iterations >= 1 && iterations <= mostIterations ? { salt, iterations, hash } : undefined
}

function decodeOr(der: Uint8Array): Asn1 | undefined {
  try {
    return decode(der)
  } catch {
    return undefined
  }
}

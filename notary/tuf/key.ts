import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import {
  asObject,
  asString,
  failAt,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { canonical } from './canonical.ts'
import { leafOf } from './certificate.ts'
import { base64, known, metadataPlace } from './fields.ts'
import { keyProblem, plainForm, rawEd25519, spkiOfEd25519 } from './plain-key.ts'
import type { KeyID, KeyType, PublicKey, SignatureMethod, UnknownKey } from './types.ts'

const keyTypes: readonly KeyType[] = ['ecdsa', 'ecdsa-x509', 'rsa', 'rsa-x509', 'ed25519']
const keyIDPattern = /^[0-9a-f]{64}$/

/** True for what the ID of a key looks like. */
export function isKeyID(text: string): text is KeyID {
  return keyIDPattern.test(text)
}

/** Parses the ID of a key: 64 hex digits in lower case. Errors: KEY_INVALID. */
export function parseKeyID(text: string): KeyID {
  if (isKeyID(text)) return text
  throw keyInvalid(`not the ID of a key: ${JSON.stringify(text.slice(0, 100))}`)
}

/**
 * A public key, from what stands in metadata after base64. KEY_INVALID when the bytes are no key of that type, for curves other than
 * P-256, P-384 and P-521, and for RSA of less than 2048 or more than 8192 bits.
 */
export function publicKey(type: KeyType, bytes: Uint8Array): PublicKey {
  const copy = Buffer.from(bytes)
  const object = keyObject(type, copy)
  const plainType = plainTypeOf(type)
  const problem = keyProblem(object, plainType)
  if (problem !== undefined) throw keyInvalid(`a key of type ${type}: ${problem}`)
  const id = keyIDOf(type, copy)
  const plain = plainForm(object)
  const canonicalID = plainType === type && plain.equals(copy) ? id : keyIDOf(plainType, plain)
  return { type, bytes: copy, id, canonicalID, object }
}

/** The key of a certificate: PEM, the leaf first. It counts as the certificate's own key. Errors: KEY_INVALID. */
export function keyFromCertificate(pem: string | Uint8Array): PublicKey {
  const bytes = Buffer.from(pem)
  const type = leafOf(bytes).publicKey.asymmetricKeyType
  if (type !== 'ec' && type !== 'rsa') throw keyInvalid(`a certificate with a key of type ${type} cannot sign`)
  return publicKey(type === 'ec' ? 'ecdsa-x509' : 'rsa-x509', bytes)
}

/** The plain key that an object of node:crypto holds, public or private. Errors: KEY_INVALID. */
export function keyFromSpki(object: KeyObject): PublicKey {
  const own = object.type === 'private' ? createPublicKey(object) : object
  const type = typesOfNode.get(own.asymmetricKeyType ?? '')
  if (type === undefined) throw keyInvalid(`keys of type ${own.asymmetricKeyType ?? own.type} are not used`)
  const problem = keyProblem(own, type)
  if (problem !== undefined) throw keyInvalid(`a key of type ${type}: ${problem}`)
  return publicKey(type, plainForm(own))
}

const typesOfNode: ReadonlyMap<string, 'ecdsa' | 'rsa' | 'ed25519'> = new Map([
  ['ec', 'ecdsa'],
  ['rsa', 'rsa'],
  ['ed25519', 'ed25519'],
])

/** The method that a key signs with, as a signature names it. */
export function methodOf(type: KeyType): SignatureMethod {
  if (type === 'ed25519') return 'eddsa'
  return plainTypeOf(type) === 'rsa' ? 'rsapss' : 'ecdsa'
}

/** A key as it stands in metadata, and in answers of a server. */
export function keyJson(key: PublicKey): JsonObject {
  return keyMembers(key.type, key.bytes.toString('base64'))
}

/**
 * Reads a key of metadata; one of a type that is not known is an {@link UnknownKey}. Errors: METADATA_INVALID, also for one that
 * has a private part.
 */
export function readKey(json: JsonValue, place: JsonPlace = metadataPlace('key')): PublicKey | UnknownKey {
  const object = known(asObject(json, place), ['keytype', 'keyval'], place)
  const type = required(object, 'keytype', place, asString)
  const valuePlace = placeOf(place, 'keyval')
  const value = known(required(object, 'keyval', place, asObject), ['public', 'private'], valuePlace)
  if ((value['private'] ?? null) !== null)
    failAt(placeOf(valuePlace, 'private'), 'a private key has no place in metadata')
  const text = required(value, 'public', valuePlace, asString)
  const knownType = keyTypes.find((name) => name === type)
  if (knownType === undefined) return { type: undefined, id: hashOf(keyMembers(type, text)) }
  const bytes = base64(text, placeOf(valuePlace, 'public'))
  try {
    return publicKey(knownType, bytes)
  } catch (cause) {
    return failAt(place, cause instanceof Error ? cause.message : 'cannot be read')
  }
}

function keyObject(type: KeyType, bytes: Buffer): KeyObject {
  if (type === 'ecdsa-x509' || type === 'rsa-x509') return leafOf(bytes).publicKey
  if (type === 'ed25519' && bytes.length !== rawEd25519)
    throw keyInvalid(`an Ed25519 key of ${bytes.length} bytes, not 32`)
  try {
    return createPublicKey({ key: type === 'ed25519' ? spkiOfEd25519(bytes) : bytes, format: 'der', type: 'spki' })
  } catch (cause) {
    throw keyInvalid(`the bytes are no key of type ${type}`, cause)
  }
}

function plainTypeOf(type: KeyType): 'ecdsa' | 'rsa' | 'ed25519' {
  if (type === 'ed25519') return type
  return type === 'rsa' || type === 'rsa-x509' ? 'rsa' : 'ecdsa'
}

function keyIDOf(type: KeyType, bytes: Buffer): KeyID {
  return hashOf(keyMembers(type, bytes.toString('base64')))
}

function keyMembers(type: string, text: string): JsonObject {
  return { keytype: type, keyval: { private: null, public: text } }
}

function hashOf(members: JsonObject): KeyID {
  return parseKeyID(createHash('sha256').update(canonical(members)).digest('hex'))
}

function keyInvalid(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('KEY_INVALID', problem, { cause })
}

import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { type Digest, hexOf } from '../../shared/base/digest.ts'
import {
  arrayOf,
  asObject,
  asString,
  failAt,
  type JsonObject,
  type JsonPlace,
  optional,
  placeOf,
  required,
} from '../../shared/base/json.ts'
import { base64Bytes } from '../tuf/fields.ts'
import { parseStrict } from '../tuf/strict-json.ts'
import type { KeyID, PublicKey } from '../tuf/types.ts'
import { cosignLimits } from './limits.ts'
import { cosignSignature, isCosignSignature } from './scheme.ts'

/** Media type of a bundle, and the type of the artifact that it is stored as. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
/** What a statement says: that an image is signed, and nothing more. */
export const signType = 'https://sigstore.dev/cosign/sign/v1'
const payloadType = 'application/vnd.in-toto+json'
const statementType = 'https://in-toto.io/Statement/v1'
const mostSignatures = 16

/** What is signed of a payload (DSSE, "PAE"): with its type, so that it can be taken for nothing else. */
function preAuthEncoding(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `), payload])
}

/** A bundle (v0.3) with a signature of the image by a plain key, without a log or a time. */
export function writeBundle(digest: Digest, privateKey: KeyObject): Buffer {
  const payload = Buffer.from(JSON.stringify(statementOf(digest)))
  const sig = cosignSignature(privateKey, preAuthEncoding(payloadType, payload)).toString('base64')
  const bundle = {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: hintOf(privateKey) }, tlogEntries: [] },
    dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures: [{ sig, keyid: '' }] },
  }
  return Buffer.from(JSON.stringify(bundle))
}

function statementOf(digest: Digest): JsonObject {
  return {
    _type: statementType,
    subject: [{ digest: { sha256: hexOf(digest) } }],
    predicateType: signType,
    predicate: {},
  }
}

function hintOf(privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('base64')
}

/**
 * Keys (canonical IDs) of whose signatures a bundle has a good one of the image. Empty for what is no such bundle, says something
 * else than that an image is signed, or is about another image. What the bundle says of its key counts for nothing.
 */
export function bundleSigners(bytes: Uint8Array, digest: Digest, keys: readonly PublicKey[]): ReadonlySet<KeyID> {
  const envelope = orNothing(() => readEnvelope(bytes))
  const isAbout = envelope !== undefined && orNothing(() => isStatementOf(envelope.payload, digest)) === true
  if (!isAbout) return new Set()
  const message = preAuthEncoding(payloadType, envelope.payload)
  const isSigner = ({ object }: PublicKey): boolean =>
    envelope.signatures.some((signature) => isCosignSignature(object, message, signature))
  return new Set(keys.filter(isSigner).map(({ canonicalID }) => canonicalID))
}

interface Envelope {
  readonly payload: Buffer
  readonly signatures: readonly Buffer[]
}

/** Throws for what is malformed. */
function readEnvelope(bytes: Uint8Array): Envelope {
  const place: JsonPlace = { code: 'JSON_INVALID', path: 'bundle' }
  const bundle = asObject(parse(bytes, 'bundle', cosignLimits.bundle), place)
  expect(bundle, 'mediaType', place, bundleType)
  const envelope = required(bundle, 'dsseEnvelope', place, asObject)
  const inside = placeOf(place, 'dsseEnvelope')
  expect(envelope, 'payloadType', inside, payloadType)
  const signatures = required(envelope, 'signatures', inside, arrayOf(asObject, mostSignatures))
  return {
    payload: required(envelope, 'payload', inside, base64Bytes),
    signatures: signatures.map((each) => required(each, 'sig', inside, base64Bytes)),
  }
}

/** Throws for what is malformed, and for statements of another kind. */
function isStatementOf(payload: Buffer, digest: Digest): boolean {
  const place: JsonPlace = { code: 'JSON_INVALID', path: 'statement' }
  const statement = asObject(parse(payload, 'statement', cosignLimits.bundle), place)
  expect(statement, '_type', place, statementType)
  expect(statement, 'predicateType', place, signType)
  const subjects = required(statement, 'subject', place, arrayOf(asObject, cosignLimits.signatures))
  return subjects.some((subject) => {
    const digests = optional(subject, 'digest', place, asObject)
    return digests !== undefined && digests['sha256'] === hexOf(digest)
  })
}

function expect(object: JsonObject, name: string, place: JsonPlace, value: string): void {
  const found = required(object, name, place, asString)
  if (found !== value) failAt(placeOf(place, name), 'is another one')
}

function parse(bytes: Uint8Array, what: string, maxBytes: number): ReturnType<typeof parseStrict> {
  return parseStrict(bytes, { what, maxBytes, maxDepth: cosignLimits.depth })
}

/** What is malformed is no signature. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

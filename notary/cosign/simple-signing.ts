import type { KeyObject } from 'node:crypto'
import type { Digest } from '../../shared/base/digest.ts'
import { asObject, asString, type JsonPlace, placeOf, required } from '../../shared/base/json.ts'
import { fromBase64 } from '../tuf/fields.ts'
import { parseStrict } from '../tuf/strict-json.ts'
import type { KeyID, PublicKey } from '../tuf/types.ts'
import { cosignLimits } from './limits.ts'
import { cosignSignature, isCosignSignature } from './scheme.ts'

/** Media type of what is signed under a tag, and the annotation of its layer that has the signature in base64. */
export const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json'
export const signatureAnnotation = 'dev.cosignproject.cosign/signature'
const purpose = 'cosign container image signature'

/** What is signed: that an image is meant, and which. `name` is for people; nobody verifies by it. */
export function writePayload(digest: Digest, name: string): Buffer {
  const critical = {
    identity: { 'docker-reference': name },
    image: { 'docker-manifest-digest': digest },
    type: purpose,
  }
  return Buffer.from(JSON.stringify({ critical, optional: null }))
}

/** The signature of a payload as it stands in the annotation. */
export function signPayload(payload: Uint8Array, privateKey: KeyObject): string {
  return cosignSignature(privateKey, payload).toString('base64')
}

/** Keys (canonical IDs) of whom `signature` is a good one of a payload about the image. Empty for anything else. */
export function payloadSigners(
  signed: { readonly payload: Uint8Array; readonly signature: string },
  digest: Digest,
  keys: readonly PublicKey[],
): ReadonlySet<KeyID> {
  const signature = fromBase64(signed.signature)
  if (signature === undefined || !isPayloadOf(signed.payload, digest)) return new Set()
  const isSigner = ({ object }: PublicKey): boolean => isCosignSignature(object, signed.payload, signature)
  return new Set(keys.filter(isSigner).map(({ canonicalID }) => canonicalID))
}

/** False also for what cannot be read. */
function isPayloadOf(payload: Uint8Array, digest: Digest): boolean {
  const place: JsonPlace = { code: 'JSON_INVALID', path: 'payload' }
  try {
    const limits = { what: 'payload', maxBytes: cosignLimits.payload, maxDepth: cosignLimits.depth }
    const critical = required(asObject(parseStrict(payload, limits), place), 'critical', place, asObject)
    const inside = placeOf(place, 'critical')
    const image = required(critical, 'image', inside, asObject)
    const type = required(critical, 'type', inside, asString)
    return type === purpose && required(image, 'docker-manifest-digest', inside, asString) === digest
  } catch {
    return false
  }
}

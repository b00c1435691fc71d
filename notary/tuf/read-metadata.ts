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
import { base64Bytes, known, listOf, metadataPlace } from './fields.ts'
import { isKeyID } from './key.ts'
import { metadataLimits } from './limits.ts'
import { readRootBody } from './read-root.ts'
import { readSnapshotBody, readTimestampBody } from './read-snapshot.ts'
import { readTargetsBody } from './read-targets.ts'
import { isTargetsRole } from './role.ts'
import { parseWithCanonical } from './strict-json.ts'
import type { Metadata, RoleName, Root, Signature, Signed, Snapshot, Targets, TargetsRole, Timestamp } from './types.ts'

/** Reads a file of metadata of any role. Errors: METADATA_INVALID. Signatures, versions and expiry are the verifier's question. */
export function readMetadata(role: RoleName, bytes: Uint8Array): Metadata {
  if (isTargetsRole(role)) return readTargets(bytes, role)
  if (role === 'root') return readRoot(bytes)
  return role === 'snapshot' ? readSnapshot(bytes) : readTimestamp(bytes)
}

/** As {@link readMetadata}. */
export function readRoot(bytes: Uint8Array): Metadata<Root> {
  return read('root', bytes, readRootBody)
}

/** As {@link readMetadata}. The file does not say which role it is of; `role` is who it must be, for what it may delegate to. */
export function readTargets(bytes: Uint8Array, role: TargetsRole = 'targets'): Metadata<Targets> {
  return read(role, bytes, (json, place) => readTargetsBody(role, json, place))
}

/** As {@link readMetadata}. */
export function readSnapshot(bytes: Uint8Array): Metadata<Snapshot> {
  return read('snapshot', bytes, readSnapshotBody)
}

/** As {@link readMetadata}. */
export function readTimestamp(bytes: Uint8Array): Metadata<Timestamp> {
  return read('timestamp', bytes, readTimestampBody)
}

const { bytes: maxBytes, depth: maxDepth } = metadataLimits

function read<S extends Signed>(
  role: RoleName,
  source: Uint8Array,
  readBody: (json: JsonObject, place: JsonPlace) => S,
): Metadata<S> {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
  const what = `${role}.json`
  const place = metadataPlace(what)
  const parsed = parseWithCanonical(bytes, { what, maxBytes, maxDepth }, 'signed')
  const file = known(asObject(parsed.value, place), ['signed', 'signatures'], place)
  const json = required(file, 'signed', place, asObject)
  const signatures = listOf(file, 'signatures', metadataLimits.signatures, place)
  const signed = parsed.canonical ?? canonical(json)
  if (signatures.length * signed.length > metadataLimits.signedBytes)
    failAt(placeOf(place, 'signatures'), `${signatures.length} are too many for ${signed.length} bytes`)
  return {
    bytes,
    signed: readBody(json, placeOf(place, 'signed')),
    canonical: signed,
    signatures: signatures.map((item, i) => readSignature(item, placeOf(placeOf(place, 'signatures'), i))),
    json,
  }
}

function readSignature(value: JsonValue, place: JsonPlace): Signature {
  const object = known(asObject(value, place), ['keyid', 'method', 'sig'], place)
  const keyID = required(object, 'keyid', place, asString)
  if (!isKeyID(keyID)) failAt(placeOf(place, 'keyid'), 'is not the ID of a key')
  const bytes = required(object, 'sig', place, base64Bytes)
  if (bytes.length > metadataLimits.signature) failAt(placeOf(place, 'sig'), `${bytes.length} bytes are no signature`)
  return { keyID, method: required(object, 'method', place, asString).toLowerCase(), bytes }
}

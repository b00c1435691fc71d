import { isIbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonObject, parseJson } from '../../shared/base/json.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'

const schema1 = 'application/vnd.docker.distribution.manifest.v1+json'
const signedSchema1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
/** For what cannot be read as a manifest; nobody gets it as anything else. */
const unknown = 'application/octet-stream'

/** The media type that distribution gives a manifest, of which it keeps the bytes alone: its own, or what its members tell. */
export function mediaTypeOf(bytes: Uint8Array): string {
  const object = objectOf(bytes)
  if (object === undefined) return unknown
  const { mediaType } = object
  if (typeof mediaType === 'string' && /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/.test(mediaType)) return mediaType
  if (object['schemaVersion'] === 1) return Object.hasOwn(object, 'signatures') ? signedSchema1 : schema1
  return Array.isArray(object['manifests']) ? mediaTypes.ociIndex : mediaTypes.ociManifest
}

function objectOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value = parseJson(bytes, { what: 'manifest', maxBytes: mostManifestBytes })
    return isObject(value) ? value : undefined
  } catch (error) {
    if (isIbuildError(error)) return undefined
    throw error
  }
}

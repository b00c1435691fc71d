import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { isObject, type JsonObject, parseJson } from '../../shared/base/json.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { RegistryError } from '../protocol/error.ts'
import { type ManifestFacts, parseManifest } from '../protocol/manifest.ts'
import type { StoredManifest } from '../service/stored-manifest.ts'
import type { FsckContext } from './types.ts'

/** A manifest as its bytes tell it. */
export interface ReadManifest {
  readonly manifest: StoredManifest
  readonly facts: ManifestFacts
}

/**
 * What the bytes under a digest are, when they are a manifest by their own word and have that digest. `mediaType` is what is
 * written down of it elsewhere, if anything.
 */
export async function readManifest(
  { bytes }: Pick<FsckContext, 'bytes'>,
  digest: Digest,
  mediaType?: string,
): Promise<ReadManifest | undefined> {
  const found = await bytes.whole(digest)
  return typeof found === 'string' ? undefined : factsOf(digest, found, mediaType ?? typeOf(found))
}

/** Undefined for a document that would not be taken as a manifest of that type. */
export function factsOf(digest: Digest, bytes: Uint8Array, mediaType: string | undefined): ReadManifest | undefined {
  if (mediaType === undefined) return undefined
  try {
    const facts = parseManifest(bytes, mediaType)
    return { manifest: { digest, mediaType: facts.mediaType, bytes }, facts }
  } catch (error) {
    if (error instanceof RegistryError || isIbuildError(error)) return undefined
    throw error
  }
}

/** The type that a document gives itself, or that it has by its members; undefined for one that is no manifest. */
function typeOf(bytes: Uint8Array): string | undefined {
  const object = objectOf(bytes)
  if (object === undefined || object['schemaVersion'] !== 2) return undefined
  const { mediaType } = object
  if (typeof mediaType === 'string') return mediaType
  if (Object.hasOwn(object, 'manifests')) return mediaTypes.ociIndex
  return Object.hasOwn(object, 'config') && Object.hasOwn(object, 'layers') ? mediaTypes.ociManifest : undefined
}

function objectOf(bytes: Uint8Array): JsonObject | undefined {
  if (bytes[0] !== '{'.charCodeAt(0)) return undefined
  try {
    const value = parseJson(bytes, { what: 'manifest', maxBytes: bytes.byteLength })
    return isObject(value) ? value : undefined
  } catch (error) {
    if (isIbuildError(error)) return undefined
    throw error
  }
}

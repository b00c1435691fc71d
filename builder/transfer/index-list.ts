import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  failAt,
  type JsonGuard,
  type JsonPlace,
  optional,
  parseJson,
  placeOf,
  recordOf,
  required,
} from '../../shared/base/json.ts'
import { asDigest, asMediaType, type Descriptor } from '../../shared/oci/descriptor.ts'
import { indexTypes, listAnnotations } from '../../shared/oci/layer-indexes.ts'
import type { LayerPath } from '../layers/entry.ts'

/** Annotation of an index in the artifact's manifest: the diffID of its layer. */
export const diffIDAnnotation = 'dev.ibuild.layer-index.diffid'

/** One layer of an image, as the list tells it. */
export interface ListedLayer {
  readonly diffID: Digest
  /** Bytes of the uncompressed tar. */
  readonly size: number
  /** The plain index as it is. */
  readonly index: { readonly digest: Digest; readonly size: number }
  /** The same as a blob. */
  readonly blob: { readonly mediaType: string; readonly digest: Digest; readonly size: number }
  /** Contents of small files that builds read from a base. */
  readonly files: ReadonlyMap<LayerPath, Uint8Array>
}

/** Most bytes of a list. */
export const mostListBytes = 4 * 1024 * 1024
/** Most bytes of one index, and of its blob. */
export const mostIndexBytes = 1024 * 1024 * 1024

/** The bytes of a list: the same for equal layers. */
export function serializeList(layers: readonly ListedLayer[]): Buffer {
  const entries = layers.map(({ diffID, size, index, blob, files }) => ({
    diffID,
    size,
    index: { digest: index.digest, size: index.size },
    blob: { mediaType: blob.mediaType, digest: blob.digest, size: blob.size },
    ...(files.size > 0 && { files: Object.fromEntries([...files].map(([path, bytes]) => [path, base64(bytes)])) }),
  }))
  return Buffer.from(JSON.stringify({ version: 1, layers: entries }))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

const top: JsonPlace = { code: 'INDEX_INVALID', path: 'list of layer indexes' }

/** Reads a list. INDEX_INVALID or JSON_INVALID when it is malformed or of another version. */
export function parseList(bytes: Uint8Array): ListedLayer[] {
  const object = asObject(parseJson(bytes, { what: top.path, maxBytes: mostListBytes }), top)
  const version = required(object, 'version', top, asInteger)
  if (version !== 1) failAt(top, `version ${version} is not known`)
  return required(object, 'layers', top, arrayOf(asLayer, 1000))
}

const asLayer: JsonGuard<ListedLayer> = (value, place) => {
  const object = asObject(value, place)
  const files = optional(object, 'files', place, recordOf(asString)) ?? {}
  return {
    diffID: required(object, 'diffID', place, asDigest),
    size: required(object, 'size', place, asSize),
    index: required(object, 'index', place, asIndex),
    blob: required(object, 'blob', place, asBlob),
    files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text, 'base64')])),
  }
}

const asIndex: JsonGuard<ListedLayer['index']> = (value, place) => {
  const object = asObject(value, place)
  return {
    digest: required(object, 'digest', place, asDigest),
    size: required(object, 'size', place, asIndexSize),
  }
}

const asBlob: JsonGuard<ListedLayer['blob']> = (value, place) => {
  const object = asObject(value, place)
  const mediaType = required(object, 'mediaType', place, asMediaType)
  if (mediaType !== indexTypes.index) failAt(placeOf(place, 'mediaType'), `not known: ${mediaType}`)
  return {
    mediaType,
    digest: required(object, 'digest', place, asDigest),
    size: required(object, 'size', place, asIndexSize),
  }
}

const asSize: JsonGuard<number> = (value, place) => {
  const size = asInteger(value, place)
  return size >= 0 ? size : failAt(place, `a size below zero: ${size}`)
}

const asIndexSize: JsonGuard<number> = (value, place) => {
  const size = asSize(value, place)
  return size <= mostIndexBytes ? size : failAt(place, `${size} bytes are more than ${mostIndexBytes}`)
}

/** The list that the manifest of an image names; undefined when it names none. INDEX_INVALID when what it says is malformed. */
export function listDescriptor(annotations: Readonly<Record<string, string>> = {}): Descriptor | undefined {
  const { [listAnnotations.digest]: digest, [listAnnotations.size]: size = '' } = annotations
  if (digest === undefined) return undefined
  const place: JsonPlace = { code: 'INDEX_INVALID', path: `annotation ${listAnnotations.digest}` }
  if (!/^[1-9]\d{0,7}$/.test(size) || Number(size) > mostListBytes) {
    throw new IbuildError('INDEX_INVALID', `annotation ${listAnnotations.size} is no size that a list can have`)
  }
  return { mediaType: indexTypes.list, digest: asDigest(digest, place), size: Number(size) }
}

/** Annotations of an image without those that name a list: they are true of one manifest only. */
export function withoutList(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = new Set<string>(Object.values(listAnnotations))
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !own.has(name)))
}

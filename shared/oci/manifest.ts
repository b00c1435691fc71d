import {
  arrayOf,
  asInteger,
  asObject,
  asStringMap,
  failAt,
  type JsonGuard,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  orderKeys,
  required,
  sortKeys,
} from '../base/json.ts'
import { asMediaType, type Descriptor, orderDescriptor, parseDescriptor } from './descriptor.ts'
import { isIndexType, isManifestType, mediaTypes } from './media-types.ts'
import { definedMembers, optionalMembers, withoutNulls } from './members.ts'

/** Config and layers of one image (OCI image-spec manifest.md, Docker schema 2). Unknown members are kept. */
export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly config: Descriptor
  /** The base first. */
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/** Images of several platforms, or of one layout (OCI image-spec image-index.md, Docker manifest list). */
export interface Index {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/** Most layers or manifests in one document; an overlay of more than 127 cannot run, artifacts may have more. */
const maxEntries = 10_000

const manifestPlace: JsonPlace = { code: 'MANIFEST_INVALID', path: 'manifest' }
const indexPlace: JsonPlace = { code: 'MANIFEST_INVALID', path: 'index' }

/** Reads an image manifest, OCI or Docker schema 2. MANIFEST_INVALID names the member that is wrong. */
export function parseManifest(value: JsonValue): Manifest {
  const object = asObject(value, manifestPlace)
  if ('manifests' in object) failAt(manifestPlace, 'has "manifests": it is an index, not the manifest of an image')
  const mediaType = mediaTypeOf(object, manifestPlace, mediaTypes.ociManifest)
  if (!isManifestType(mediaType)) failAt(manifestPlace, `not the media type of a manifest: ${mediaType}`)
  return {
    ...withoutNulls(object),
    ...parseCommon(object, manifestPlace),
    mediaType,
    config: required(object, 'config', manifestPlace, parseDescriptor),
    layers: optional(object, 'layers', manifestPlace, descriptors) ?? [],
  }
}

/** Reads an image index, OCI or Docker manifest list. MANIFEST_INVALID names the member that is wrong. */
export function parseIndex(value: JsonValue): Index {
  const object = asObject(value, indexPlace)
  if ('layers' in object || 'config' in object) failAt(indexPlace, 'has "config" or "layers": it is a manifest')
  const mediaType = mediaTypeOf(object, indexPlace, mediaTypes.ociIndex)
  if (!isIndexType(mediaType)) failAt(indexPlace, `not the media type of an index: ${mediaType}`)
  return {
    ...withoutNulls(object),
    ...parseCommon(object, indexPlace),
    mediaType,
    manifests: optional(object, 'manifests', indexPlace, descriptors) ?? [],
  }
}

const descriptors: JsonGuard<Descriptor[]> = arrayOf(parseDescriptor, maxEntries)

function mediaTypeOf(object: JsonObject, place: JsonPlace, fallback: string): string {
  return optional(object, 'mediaType', place, asMediaType) ?? fallback
}

function parseCommon(
  object: JsonObject,
  place: JsonPlace,
): Pick<Manifest, 'schemaVersion' | 'annotations' | 'subject' | 'artifactType'> {
  const version = required(object, 'schemaVersion', place, asInteger)
  if (version !== 2) failAt(place, `schemaVersion ${version} is not supported, only 2`)
  return {
    schemaVersion: 2,
    ...optionalMembers(object, place, { string: ['artifactType'] }),
    ...definedMembers({
      annotations: optional(object, 'annotations', place, asStringMap),
      subject: optional(object, 'subject', place, parseDescriptor),
    }),
  }
}

const members = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
]

/** The bytes of a manifest or index: one text for equal documents, members in the order that Go tools write them. */
export function serializeManifest(document: Manifest | Index): Buffer {
  const { annotations, subject } = document
  const ordered = {
    ...document,
    ...('config' in document && {
      config: orderDescriptor(document.config),
      layers: document.layers.map(orderDescriptor),
    }),
    ...('manifests' in document && { manifests: document.manifests.map(orderDescriptor) }),
    ...(subject !== undefined && { subject: orderDescriptor(subject) }),
    ...(annotations !== undefined && { annotations: sortKeys(annotations) }),
  }
  return Buffer.from(JSON.stringify(orderKeys(ordered, members)))
}

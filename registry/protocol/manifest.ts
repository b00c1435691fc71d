import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import {
  asArray,
  asObject,
  asStringMap,
  isObject,
  type JsonObject,
  type JsonPlace,
  type JsonValue,
  optional,
  parseJson,
  required,
} from '../../shared/base/json.ts'
import { asMediaType, type Descriptor, parseDescriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { findDuplicateKey } from './duplicate-keys.ts'
import { RegistryError } from './error.ts'

/** What a registry must accept (OCI distribution-spec, "Pushing Manifests"), and takes no more than. */
export const mostManifestBytes: number = 4 * 1024 * 1024
const mostDescriptors = 10_000

/** What a registry has to know of a manifest; its bytes are kept as they came. */
export interface ManifestFacts {
  readonly mediaType: string
  /** Blobs that must be in the repository, each once. */
  readonly blobs: readonly Descriptor[]
  /** Manifests that an index names, each once. */
  readonly manifests: readonly Descriptor[]
  /** What the document names beside them. It need not be there, but what is there stays as long as the document does. Each once. */
  readonly pinned: readonly Digest[]
  readonly subject: Descriptor | undefined
  /** Of the artifact; that of the config where the manifest has none of its own. */
  readonly artifactType: string | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/**
 * Reads a pushed manifest or index. `contentType` is that of the request, if it has one. Documents of other types are taken
 * too, and kept as they are: nothing that they name has to be there. Errors: MANIFEST_INVALID, with status 413 when it is too large.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ManifestFacts {
  if (bytes.byteLength > mostManifestBytes) {
    throw invalid(`the manifest has more than ${mostManifestBytes} bytes`, { status: 413 })
  }
  try {
    return readManifest(bytes, contentType)
  } catch (cause) {
    throw isIbuildError(cause) ? invalid(cause.message, { cause }) : cause
  }
}

function readManifest(bytes: Uint8Array, contentType: string | undefined): ManifestFacts {
  const place: JsonPlace = { code: 'MANIFEST_INVALID', path: 'manifest' }
  const object = asObject(parseJson(bytes, { what: 'manifest', maxBytes: mostManifestBytes }), place)
  const twice = findDuplicateKey(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  if (twice !== undefined)
    throw invalid(`the manifest has the name ${JSON.stringify(twice.slice(0, 100))} twice in one object`)
  const mediaType = typeOf(optional(object, 'mediaType', place, asMediaType), contentType)
  if (Object.hasOwn(object, 'manifests') && (Object.hasOwn(object, 'layers') || Object.hasOwn(object, 'config'))) {
    throw invalid(
      'a manifest with both `manifests` and `layers` or `config` is an image to some and an index to others',
    )
  }
  return { mediaType, ...referencesOf(mediaType, object, place) }
}

/** The type of the request and that in the document must be the same: a document is one thing only. */
function typeOf(own: string | undefined, contentType: string | undefined): string {
  const given = contentType?.split(';')[0]?.trim()
  const type = given === undefined || given === '' ? own : given
  if (type === undefined) throw invalid('the manifest has no mediaType, and the request no Content-Type')
  if (own === undefined || own === type) return asMediaType(type, { code: 'MANIFEST_INVALID', path: 'Content-Type' })
  throw invalid(`the request says ${JSON.stringify(type.slice(0, 160))}, the manifest ${JSON.stringify(own)}`)
}

type References = Omit<ManifestFacts, 'mediaType'>

function referencesOf(mediaType: string, object: JsonObject, place: JsonPlace): References {
  switch (mediaType) {
    case mediaTypes.ociManifest:
    case mediaTypes.dockerManifest:
      return imageReferences(object, place)
    case mediaTypes.ociIndex:
    case mediaTypes.dockerIndex:
      return {
        ...commonReferences(object, place),
        blobs: [],
        manifests: descriptorsOf(object, 'manifests', place),
        pinned: [],
      }
    case 'application/vnd.docker.distribution.manifest.v1+json':
    case 'application/vnd.docker.distribution.manifest.v1+prettyjws':
      throw invalid(
        "manifests of Docker's schema 1 are not taken: push the image with a client that writes schema 2 or OCI",
      )
    default:
      return {
        blobs: [],
        manifests: [],
        pinned: digestsIn(object),
        subject: undefined,
        artifactType: undefined,
        annotations: undefined,
      }
  }
}

function imageReferences(object: JsonObject, place: JsonPlace): References {
  const config = required(object, 'config', place, parseDescriptor)
  const common = commonReferences(object, place)
  const layers = descriptorsOf(object, 'layers', place)
  return {
    ...common,
    artifactType: common.artifactType ?? config.mediaType,
    blobs: unique([config, ...layers.filter(isDistributed)]),
    manifests: [],
    pinned: layers.filter((layer) => !isDistributed(layer)).map(({ digest }) => digest),
  }
}

function commonReferences(
  object: JsonObject,
  place: JsonPlace,
): Pick<References, 'subject' | 'artifactType' | 'annotations'> {
  return {
    subject: optional(object, 'subject', place, parseDescriptor),
    // image-spec: an empty one is none
    artifactType: object['artifactType'] === '' ? undefined : optional(object, 'artifactType', place, asMediaType),
    annotations: optional(object, 'annotations', place, asStringMap),
  }
}

function descriptorsOf(object: JsonObject, key: string, place: JsonPlace): Descriptor[] {
  const read = (value: JsonValue, at: JsonPlace): Descriptor[] => {
    const values = asArray(value, at)
    if (values.length > mostDescriptors) throw invalid(`${at.path}: more than ${mostDescriptors} descriptors`)
    return values.map((each, i) => parseDescriptor(each, { ...at, path: `${at.path}[${i}]` }))
  }
  return unique(optional(object, key, place, read) ?? [])
}

/** Digests of all descriptors in a document that nobody here knows, however deep: whatever has a `digest` is taken for one. */
function digestsIn(object: JsonObject): Digest[] {
  const found = new Set<Digest>()
  const visit = (value: JsonValue): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isObject(value)) {
      const { digest } = value
      if (typeof digest === 'string' && isDigest(digest)) found.add(digest)
      Object.values(value).forEach(visit)
    }
  }
  visit(object)
  if (found.size > mostDescriptors) throw invalid(`the manifest has more than ${mostDescriptors} descriptors`)
  return [...found]
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()]
}

/**
 * A client does not push layers that may not be distributed (OCI image-spec, layer.md, "Non-Distributable Layers"), whether it
 * says where they lie or not. Docker's type for them must say that.
 */
function isDistributed({ mediaType, urls = [] }: Descriptor): boolean {
  const isForeign = mediaType.includes('.rootfs.foreign.') && urls.length > 0
  return !isForeign && !mediaType.includes('.nondistributable.')
}

function invalid(message: string, options: { readonly status?: number; readonly cause?: unknown } = {}): RegistryError {
  return new RegistryError('MANIFEST_INVALID', message, options)
}

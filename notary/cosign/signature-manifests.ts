import { algorithmOf, type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Manifest, parseManifest, serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { bundleType, signType } from './bundle.ts'
import { cosignLimits } from './limits.ts'
import { payloadType, signatureAnnotation } from './simple-signing.ts'
import type { StoredManifest } from './types.ts'

/** Content, and what points at it. */
export interface Blob {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** A manifest, and the blobs that it needs. */
export interface SignatureManifest {
  readonly manifest: StoredManifest
  readonly blobs: readonly Blob[]
}

/** The tag under which signatures of an image are, in the same repository. */
export function signatureTag(digest: Digest): string {
  return `${algorithmOf(digest)}-${hexOf(digest)}.sig`
}

/** A bundle as what refers to an image (OCI image-spec 1.1, artifacts). `at` is milliseconds since the epoch. */
export function bundleManifest(image: Descriptor, bundle: Uint8Array, at: number): SignatureManifest {
  const [config, layer] = [blobOf(mediaTypes.ociEmpty, Buffer.from('{}')), blobOf(bundleType, bundle)]
  const { mediaType, digest, size } = image
  const annotations = {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': signType,
    'org.opencontainers.image.created': `${new Date(at).toISOString().slice(0, 19)}Z`,
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: bundleType,
    config: config.descriptor,
    layers: [layer.descriptor],
    subject: { mediaType, digest, size },
    annotations,
  } as const
  return { manifest: storedOf(manifest), blobs: [config, layer] }
}

/** What is under the tag of signatures, with one more behind those that are there already; theirs stay as they are. */
export function withSignature(
  before: readonly Descriptor[],
  payload: Uint8Array,
  signature: string,
): SignatureManifest {
  const blob = blobOf(payloadType, payload)
  const layers = [...before, { ...blob.descriptor, annotations: { [signatureAnnotation]: signature } }]
  const config = blobOf(mediaTypes.ociConfig, configOf(layers))
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: config.descriptor, layers } as const
  return { manifest: storedOf(manifest), blobs: [config, blob] }
}

/** The config of an image that is none: it lists the layers, because some tools want one that fits. */
function configOf(layers: readonly Descriptor[]): Buffer {
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) }
  const created = '0001-01-01T00:00:00Z'
  const history = layers.map(() => ({ created }))
  return Buffer.from(JSON.stringify({ architecture: '', created, history, os: '', rootfs, config: {} }))
}

/** Layers of a manifest that may hold signatures; undefined for what is none, or too large to be one. */
export function layersOf({ bytes }: Pick<StoredManifest, 'bytes'>): readonly Descriptor[] | undefined {
  try {
    const { maxBytes, maxDepth } = { maxBytes: cosignLimits.manifest, maxDepth: cosignLimits.depth }
    return parseManifest(parseJson(bytes, { what: 'manifest', maxBytes, maxDepth })).layers
  } catch (error) {
    if (isIbuildError(error)) return undefined
    throw error
  }
}

function blobOf(mediaType: string, bytes: Uint8Array): Blob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

function storedOf(manifest: Manifest): StoredManifest {
  const bytes = serializeManifest(manifest)
  return { mediaType: manifest.mediaType, digest: digestOf(bytes), bytes }
}

import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { parseJson } from '../../shared/base/json.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { type Manifest, parseManifest, serializeManifest } from '../../shared/oci/manifest.ts'
import { layerCompression, mediaTypes } from '../../shared/oci/media-types.ts'
import type { ImageOrigin } from '../store/remote-types.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { withoutList } from './index-list.ts'

/** Which media types the manifest and what it names have. */
export type ManifestFormat = 'oci' | 'docker'

/** A manifest as a registry gets it. */
export interface PublishedManifest {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
  /** As the image was pulled. */
  readonly pulled?: boolean | undefined
}

/** An image, and what a repository has of its layers, by diffID. */
export interface Described {
  readonly image: StoredImage
  readonly layers: ReadonlyMap<Digest, Descriptor>
}

/** What a manifest says beside what the image is. */
export interface ManifestOptions {
  /** As the image was pulled, else `oci`. */
  readonly format?: ManifestFormat | undefined
  /** Beside those that the image has. */
  readonly annotations?: ReadonlyMap<string, string> | undefined
}

/** A manifest for an image. */
export interface WantedManifest {
  readonly image: StoredImage
  readonly wanted: Manifest
}

/** The manifest that the image was pulled or pushed with, when that says the same. */
export function knownManifest(
  store: Store,
  { image, wanted }: WantedManifest,
  { format }: ManifestOptions,
): PublishedManifest | undefined {
  const same = store.origins
    .get(image.imageID)
    .filter((origin) => saysTheSame(origin, wanted, format))
    .sort((a, b) => Number(b.pulled === true) - Number(a.pulled === true))
    .at(0)
  return same && { mediaType: same.mediaType, digest: same.digest, bytes: same.manifest, pulled: same.pulled }
}

/** The same as bytes. */
export function written(manifest: Manifest): PublishedManifest {
  const bytes = serializeManifest(manifest)
  return { mediaType: manifest.mediaType, digest: digestOf(bytes), bytes }
}

/** A manifest of the image; its layers are as the repository has them. */
export function newManifest({ image, layers }: Described, { annotations, format = 'oci' }: ManifestOptions): Manifest {
  const merged = { ...withoutList(image.manifest.annotations), ...Object.fromEntries(annotations ?? []) }
  const { digest, size } = image.manifest.config
  return {
    schemaVersion: 2,
    mediaType: format === 'docker' ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config: { mediaType: format === 'docker' ? mediaTypes.dockerConfig : mediaTypes.ociConfig, digest, size },
    layers: image.config.rootfs.diff_ids.flatMap((diffID) => inFormat(layers.get(diffID), format)),
    ...(Object.keys(merged).length > 0 && { annotations: merged }),
  }
}

/** Media types of the two formats do not belong into one manifest. */
function inFormat(descriptor: Descriptor | undefined, format: ManifestFormat): Descriptor[] {
  if (descriptor === undefined) return []
  const { digest, size } = descriptor
  const mediaType = layerType(descriptor.mediaType, format)
  return [{ mediaType, digest, size }]
}

function layerType(mediaType: string, format: ManifestFormat): string {
  switch (layerCompression(mediaType)) {
    case 'gzip':
      return format === 'docker' ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip
    case 'none':
      return format === 'docker' ? mediaTypes.dockerLayer : mediaTypes.ociLayer
    case 'zstd':
      return mediaTypes.ociLayerZstd
    case undefined:
      return mediaType
  }
}

function saysTheSame(origin: ImageOrigin, wanted: Manifest, format: ManifestFormat | undefined): boolean {
  if (format !== undefined && origin.mediaType !== wanted.mediaType) return false
  if (digestOf(origin.manifest) !== origin.digest) return false
  const { config, layers, annotations = {} } = parseManifest(parseJson(origin.manifest, { what: 'manifest' }))
  const own: Readonly<Record<string, string>> = wanted.annotations ?? {}
  return (
    config.digest === wanted.config.digest &&
    layers.length === wanted.layers.length &&
    layers.every(({ digest }, i) => digest === wanted.layers[i]?.digest) &&
    Object.keys({ ...annotations, ...own }).every((key) => annotations[key] === own[key])
  )
}

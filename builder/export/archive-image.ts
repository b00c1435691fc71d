import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import type { Annotations } from '../build-types.ts'
import { imagePlatform } from '../store/local-manifest.ts'
import type { Store, StoredImage } from '../store/types.ts'
import { type LayerBlob, type LayerBlobOptions, layerBlob } from './layer-blob.ts'

/** An image to write, with the full names it gets in the archive. */
export interface NamedImage {
  readonly image: StoredImage
  readonly names: readonly string[]
}

/** An image as an archive holds it: its layers may be compressed, its manifest names them so. */
export interface ArchiveImage extends NamedImage {
  readonly layers: readonly LayerBlob[]
  readonly manifestBytes: Buffer
  /** Of the manifest: the platform and the annotations of a descriptor among it. */
  readonly descriptor: Descriptor
}

export interface ArchiveImageOptions extends LayerBlobOptions {
  readonly annotations?: Annotations | undefined
}

/** Prepares images for an archive; a layer that several have is compressed once. Errors: LAYER_INVALID, DIGEST_MISMATCH. */
export async function archiveImages(
  store: Store,
  images: readonly NamedImage[],
  options: ArchiveImageOptions,
): Promise<ArchiveImage[]> {
  const blobs = new Map<Digest, LayerBlob>()
  for (const { image } of images) {
    for (const diffID of image.config.rootfs.diff_ids) {
      options.signal?.throwIfAborted()
      if (!blobs.has(diffID)) blobs.set(diffID, await layerBlob(store, diffID, options))
    }
  }
  return images.map((named) => archiveImage(named, blobs, options.annotations))
}

function archiveImage(
  named: NamedImage,
  blobs: ReadonlyMap<Digest, LayerBlob>,
  annotations: Annotations | undefined,
): ArchiveImage {
  const { manifest, config } = named.image
  const layers = config.rootfs.diff_ids.flatMap((diffID) => blobs.get(diffID) ?? [])
  const merged = { ...manifest.annotations, ...Object.fromEntries(annotations?.manifest ?? []) }
  const manifestBytes = serializeManifest({
    ...manifest,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(Object.keys(merged).length > 0 && { annotations: merged }),
  })
  const descriptor: Descriptor = {
    mediaType: manifest.mediaType,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
    platform: imagePlatform(config),
    ...(annotations !== undefined &&
      annotations.descriptor.size > 0 && { annotations: Object.fromEntries(annotations.descriptor) }),
  }
  return { ...named, layers, manifestBytes, descriptor }
}

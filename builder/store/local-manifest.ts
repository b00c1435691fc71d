import { digestOf } from '../../shared/base/digest.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import { needLayer } from './open-layer.ts'
import type { Store, StoredImage } from './types.ts'

/** An image config as it was parsed and as it is, with what the manifest says besides. */
export interface LocalImage {
  readonly config: ImageConfig
  readonly configBytes: Uint8Array
  readonly annotations?: ReadonlyMap<string, string> | undefined
}

/** The manifest under which an image lies in the local store: its layers are uncompressed. Errors: LAYER_INVALID. */
export function localManifest(store: Store, config: ImageConfig, configBytes: Uint8Array): Buffer {
  return annotatedManifest(store, { config, configBytes })
}

/** The same with the annotations that the image has besides. */
export function annotatedManifest(store: Store, { config, configBytes, annotations }: LocalImage): Buffer {
  return serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(configBytes), size: configBytes.length },
    layers: config.rootfs.diff_ids.map((diffID) => ({
      mediaType: mediaTypes.ociLayer,
      digest: diffID,
      size: needLayer(store, diffID).size,
    })),
    ...(annotations !== undefined && annotations.size > 0 && { annotations: Object.fromEntries(annotations) }),
  })
}

/** Of the manifest of a stored image, with its platform. */
export function manifestDescriptor({ manifest, manifestDigest, manifestBytes, config }: StoredImage): Descriptor {
  return {
    mediaType: manifest.mediaType,
    digest: manifestDigest,
    size: manifestBytes.length,
    platform: imagePlatform(config),
  }
}

/** What an image runs on. */
export function imagePlatform({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant !== undefined && { variant }) }
}

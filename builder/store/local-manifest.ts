import { digestOf } from '../../shared/base/digest.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { needLayer } from './open-layer.ts'
import type { Store } from './types.ts'

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

import { digestOf } from '../../shared/base/digest.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { needLayer } from './open-layer.ts'
import type { Store } from './types.ts'

/** The manifest under which an image lies in the local store: its layers are uncompressed. Errors: LAYER_INVALID. */
export function localManifest(store: Store, config: ImageConfig, configBytes: Uint8Array): Buffer {
  return serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(configBytes), size: configBytes.length },
    layers: config.rootfs.diff_ids.map((diffID) => ({
      mediaType: mediaTypes.ociLayer,
      digest: diffID,
      size: needLayer(store, diffID).size,
    })),
  })
}

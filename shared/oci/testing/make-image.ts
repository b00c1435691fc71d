import { type Digest, digestOf } from '../../base/digest.ts'
import { type ImageConfig, serializeConfig } from '../config.ts'
import { serializeManifest } from '../manifest.ts'
import { mediaTypes } from '../media-types.ts'

export interface MadeImage {
  readonly manifest: Buffer
  readonly manifestDigest: Digest
  readonly config: Buffer
  readonly imageID: Digest
}

export interface MadeLayer {
  readonly diffID: Digest
  readonly size: number
}

/** Manifest and config of an image with these layers, the base first; nothing is stored. */
export function makeImage(layers: readonly MadeLayer[], settings: Partial<ImageConfig> = {}): MadeImage {
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => layer.diffID) } as const
  const config = serializeConfig({ architecture: 'amd64', os: 'linux', ...settings, rootfs })
  const imageID = digestOf(config)
  const manifest = serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: imageID, size: config.length },
    layers: layers.map(({ diffID, size }) => ({ mediaType: mediaTypes.ociLayer, digest: diffID, size })),
  })
  return { manifest, manifestDigest: digestOf(manifest), config, imageID }
}

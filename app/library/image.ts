import type { StoredImage } from '../../builder/store/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { shortName } from '../../shared/base/reference.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Manifest } from '../../shared/oci/manifest.ts'

/** What a list tells of an image. */
export interface ImageSummary {
  /** Digest of the config. */
  readonly imageID: Digest
  readonly manifestDigest: Digest
  /** Names as people write them: `hello:1`; sorted. */
  readonly names: readonly string[]
  /** When it was made, RFC 3339, if the image tells. */
  readonly created: string | undefined
  /** When it came into the store. */
  readonly storedAt: Date
  /** Bytes of its layers, uncompressed. */
  readonly size: number
}

/** An image with its documents. */
export interface Image extends ImageSummary {
  readonly config: ImageConfig
  readonly manifest: Manifest
}

/** A plain copy of what the store knows, without anything that is read later. */
export function summaryOf(image: StoredImage): ImageSummary {
  const { imageID, manifestDigest, names, config, manifest, storedAt } = image
  return {
    imageID,
    manifestDigest,
    names: names.map(shortName),
    created: config.created,
    storedAt: new Date(storedAt),
    size: manifest.layers.reduce((sum, { size }) => sum + size, 0),
  }
}

/** The same with the documents. */
export function detailsOf(image: StoredImage): Image {
  return { ...summaryOf(image), config: image.config, manifest: image.manifest }
}

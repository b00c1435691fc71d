import type { StoredImage } from '../../builder/store/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { shortName } from '../../shared/base/reference.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import type { Manifest } from '../../shared/oci/manifest.ts'
import { listImage } from '../listing/listed-image.ts'

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
  /** Bytes of its layers, uncompressed; undefined when the image is damaged. */
  readonly size: number | undefined
  /** What is wrong with an image that cannot be read. */
  readonly damage?: string
}

/** An image with its documents. */
export interface Image extends ImageSummary {
  readonly size: number
  readonly config: ImageConfig
  readonly manifest: Manifest
}

/** A plain copy of what the store knows, without anything that is read later. */
export function summaryOf(image: StoredImage): ImageSummary {
  const { known } = listImage(image)
  if (known instanceof IbuildError)
    return { ...factsOf(image), created: undefined, size: undefined, damage: known.message }
  return { ...factsOf(image), created: known.created, size: known.size }
}

/** The same with the documents. Errors: STORE_INVALID when they are damaged. */
export function detailsOf(image: StoredImage): Image {
  const { config, manifest } = image
  const size = manifest.layers.reduce((sum, layer) => sum + layer.size, 0)
  return { ...factsOf(image), created: config.created, size, config, manifest }
}

function factsOf(image: StoredImage): Omit<ImageSummary, 'created' | 'size' | 'damage'> {
  const { imageID, manifestDigest, names, storedAt } = image
  return { imageID, manifestDigest, names: names.map(shortName), storedAt: new Date(storedAt) }
}

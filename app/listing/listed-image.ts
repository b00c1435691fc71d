import { damagedImage } from '../../builder/store/reachable.ts'
import type { StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { familiarName, parseReference } from '../../shared/base/reference.ts'

/** An image as far as it can be read. */
export interface ListedImage {
  readonly image: StoredImage
  /** What is known of it; an error when its manifest or config is damaged. */
  readonly known: KnownImage | IbuildError
}

export interface KnownImage {
  /** When it was made, as its config says. */
  readonly created: string | undefined
  /** Bytes of all layers, uncompressed. */
  readonly size: number
}

/** One line of the list: an image under one of its names. */
export interface ImageRow extends ListedImage {
  /** As people write it; undefined when the image has no name. */
  readonly repository: string | undefined
  readonly tag: string | undefined
  /** The full name. */
  readonly name: string | undefined
}

export function listImage(image: StoredImage): ListedImage {
  try {
    const size = image.manifest.layers.reduce((sum, layer) => sum + layer.size, 0)
    return { image, known: { created: image.config.created, size } }
  } catch (error) {
    const damaged = damagedImage(image, error)
    if (damaged instanceof IbuildError) return { image, known: damaged }
    throw damaged
  }
}

/** An image with several names once for each. */
export function rowsOf(listed: ListedImage): ImageRow[] {
  const { names } = listed.image
  if (names.length === 0) return [{ ...listed, repository: undefined, tag: undefined, name: undefined }]
  return names.map((name) => {
    const { domain, path, tag } = parseReference(name)
    return { ...listed, repository: familiarName({ domain, path }), tag, name }
  })
}

/** The newest first, by what the config says; then by name. */
export function byAge(a: ImageRow, b: ImageRow): number {
  const [x, y] = [createdOf(a) ?? Number.NEGATIVE_INFINITY, createdOf(b) ?? Number.NEGATIVE_INFINITY]
  if (x !== y) return x < y ? 1 : -1
  return (a.repository ?? '').localeCompare(b.repository ?? '') || (a.tag ?? '').localeCompare(b.tag ?? '')
}

/** When the image was made, milliseconds since the epoch, as its config says. */
export function createdOf({ known }: ListedImage): number | undefined {
  if (known instanceof IbuildError || known.created === undefined) return undefined
  const time = Date.parse(known.created)
  return Number.isNaN(time) ? undefined : time
}

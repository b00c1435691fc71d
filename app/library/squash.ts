import { checkOptions } from '../../builder/check-options.ts'
import { findImage } from '../../builder/find-image.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { fullName } from '../../shared/base/reference.ts'
import { detailsOf, type Image } from './image.ts'
import type { AbortOptions, ImageOptions, LayerOptions } from './options.ts'
import { wholeStore } from './whole-store.ts'

/** What `squashImage` merges. */
export interface SquashOptions extends ImageOptions, LayerOptions, AbortOptions {
  /** The first layer to merge, counted from 1 at the base; 1 unless told otherwise. */
  readonly fromLayer?: number
  /** Name for the new image, in docker's grammar. */
  readonly name?: string
}

/**
 * Stores an image like another one with some of its layers merged to one: the same files, config and history. The image
 * itself comes back when there is nothing to merge. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, `LAYER_INVALID`,
 * `DISK_FULL`, `CANCELLED`; `USAGE` for a layer that it has not.
 */
export async function squashImage(options: SquashOptions): Promise<Image> {
  const { image, fromLayer, name, signal } = checkOptions('squashImage', options, ['root', 'image'])
  return cancellable(signal, async () => {
    const builder = await import('../../builder/squash-image.ts')
    const store = wholeStore(options)
    const named = name === undefined ? {} : { name: fullName(name) }
    const from = fromLayer === undefined ? {} : { fromLayer }
    const made = await builder.squashImage(store, findImage(store, image), {
      ...named,
      ...from,
      ...(signal && { signal }),
    })
    return detailsOf(made)
  })
}

import { findImage } from '../../builder/find-image.ts'
import { openStore } from '../../builder/store/open.ts'
import { fullName } from '../../shared/base/reference.ts'
import { detailsOf, type Image, type ImageSummary, summaryOf } from './image.ts'
import type { ImageOptions, StoreOptions } from './options.ts'

/** All images, newest first. */
export async function listImages({ root }: StoreOptions): Promise<ImageSummary[]> {
  return openStore(root).images.list().map(summaryOf)
}

/** One image with its config and manifest. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`. */
export async function inspectImage({ root, image }: ImageOptions): Promise<Image> {
  return detailsOf(findImage(openStore(root), image))
}

/** The name that an image gets. */
export interface TagOptions extends ImageOptions {
  /** In docker's grammar; without a tag it gets `latest`. */
  readonly name: string
}

/** Gives an image another name; another image that has it loses it. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`. */
export async function tagImage({ root, image, name }: TagOptions): Promise<void> {
  const store = openStore(root)
  await store.tags.set(fullName(name), findImage(store, image).manifestDigest)
}

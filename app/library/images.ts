import { checkOptions } from '../../builder/check-options.ts'
import { findImage } from '../../builder/find-image.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { type HistoryLine, historyLines } from '../listing/history-lines.ts'
import { removeImage as removing } from '../listing/remove-image.ts'
import { detailsOf, type Image, type ImageSummary, summaryOf } from './image.ts'
import type { ImageOptions, StoreOptions } from './options.ts'

/** All images, newest first; those that are damaged too. */
export async function listImages(options: StoreOptions): Promise<ImageSummary[]> {
  const { root } = checkOptions('listImages', options, ['root'])
  const { images } = openStore(root)
  const listed = images.list().map(summaryOf)
  // What a prune takes away at this moment looks damaged; then it is gone from a second list.
  return listed.some(({ damage }) => damage !== undefined) ? images.list().map(summaryOf) : listed
}

/** One image with its config and manifest. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`. */
export async function inspectImage(options: ImageOptions): Promise<Image> {
  const { root, image } = checkOptions('inspectImage', options, ['root', 'image'])
  return detailsOf(findImage(openStore(root), image))
}

/** The name that an image gets. */
export interface TagOptions extends ImageOptions {
  /** In docker's grammar; without a tag it gets `latest`. */
  readonly name: string
}

/** Gives an image another name; another image that has it loses it. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`. */
export async function tagImage(options: TagOptions): Promise<void> {
  const { root, image, name } = checkOptions('tagImage', options, ['root', 'image', 'name'])
  const store = openStore(root)
  await store.tags.set(fullName(name), findImage(store, image).manifestDigest)
}

/** How an image was made, the base first: each entry of its history with the layer that it made. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`. */
export async function imageHistory(options: ImageOptions): Promise<HistoryLine[]> {
  const { root, image } = checkOptions('imageHistory', options, ['root', 'image'])
  return historyLines(findImage(openStore(root), image))
}

/** What `removeImage` removes. */
export interface RemoveImageOptions extends ImageOptions {
  /** Removes the image also when it is given by ID and has several names, or when others come from it. */
  readonly force?: boolean
}

/** What `removeImage` removed. */
export interface Removal {
  /** Names that were taken away, as people write them. */
  readonly untagged: readonly string[]
  /** Images that went; the bytes go with the next `prune`. */
  readonly deleted: readonly Digest[]
}

/**
 * By name: that name is taken away, and with its last name the image goes. By ID or digest: the image goes with its only
 * name. What is left never misses a layer. Errors: `IMAGE_NOT_FOUND`, `REFERENCE_INVALID`, and without `force`
 * `IMAGE_IN_USE`.
 */
export async function removeImage(options: RemoveImageOptions): Promise<Removal> {
  const { root, image, force = false } = checkOptions('removeImage', options, ['root', 'image'])
  const [untagged, deleted]: [string[], Digest[]] = [[], []]
  for await (const removed of removing(openStore(root), image, { force })) {
    if (removed.kind === 'name') untagged.push(shortName(removed.name))
    else deleted.push(removed.imageID)
  }
  return { untagged, deleted }
}

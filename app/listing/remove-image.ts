import { findImage } from '../../builder/find-image.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { childrenOf } from './children.ts'

/** Something that `removeImage` took away. */
export type Removed =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'image'; readonly imageID: Digest }

/**
 * Takes a name away, and with its last name, or given by ID, the image; each thing is told when it was done. Names are full
 * ones. Errors: IMAGE_NOT_FOUND, REFERENCE_INVALID; without `force` IMAGE_IN_USE for an image that is given by ID and has
 * several names or others built on it, or that would go while a container was made from it. A container that is damaged
 * stops nothing: nobody can use it.
 */
export async function* removeImage(store: Store, word: string, { force = false } = {}): AsyncGenerator<Removed> {
  const name = nameOf(word)
  const image = findOrUntag(store, word, name)
  if (image === undefined) {
    if (name !== undefined && (await store.tags.remove(name))) yield { kind: 'name', name }
    return
  }
  const byName = name !== undefined && image.names.includes(name)
  const images = byName || word === image.manifestDigest ? [image] : sameID(store, image)
  const names = images.flatMap((each) => each.names).sort()
  if (!byName && !force) checkByID(store, image, names)
  const goes = !byName || names.length === 1
  if (goes && !force) for (const each of images) checkContainers(store, each)
  for (const each of byName ? [name] : names) if (await store.tags.remove(each)) yield { kind: 'name', name: each }
  if (!goes) return
  for (const each of images)
    if (await store.images.remove(each.manifestDigest)) yield { kind: 'image', imageID: each.imageID }
}

/** One config may be in several manifests, which differ in annotations: an ID means all of them. */
function sameID(store: Store, { imageID }: StoredImage): StoredImage[] {
  return store.images.list().filter((image) => image.imageID === imageID)
}

/** Undefined for a name whose tag is damaged, so that it is not known what it names. */
function findOrUntag(store: Store, word: string, name: string | undefined): StoredImage | undefined {
  try {
    return findImage(store, word)
  } catch (error) {
    if (name !== undefined && isIbuildError(error, 'STORE_INVALID')) return undefined
    throw error
  }
}

/** The full name that the word may be, rather than an ID or digest. */
function nameOf(word: string): string | undefined {
  try {
    return fullName(word)
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID', 'DIGEST_INVALID')) return undefined
    throw error
  }
}

function checkByID(store: Store, image: StoredImage, names: readonly string[]): void {
  const { imageID } = image
  if (names.length > 1) {
    throw inUse(`image ${imageID} has several names: ${names.map(shortName).join(', ')}`, {
      hint: 'Remove it by name, or give --force to remove all of its names.',
    })
  }
  const children = childrenOf(image, store.images.list())
  if (children.length === 0) return
  throw inUse(`image ${imageID} has other images built on it: ${listOf(children.map(callOf))}`, {
    hint: 'Remove it by name, or give --force: those images keep their layers.',
  })
}

function checkContainers(store: Store, { imageID, manifestDigest }: StoredImage): void {
  const users = store.containers.scan().containers.filter((container) => container.manifestDigest === manifestDigest)
  if (users.length === 0) return
  throw inUse(`image ${imageID} has containers made from it: ${listOf(users.map(({ name }) => name))}`, {
    hint: 'Remove them with ibuild rm, or give --force: they keep what they need.',
  })
}

function callOf({ names, imageID }: StoredImage): string {
  return names[0] === undefined ? imageID : shortName(names[0])
}

/** At most five words of a list that may be long. */
function listOf(words: readonly string[]): string {
  const rest = words.length - 5
  return words.slice(0, 5).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function inUse(message: string, options: { readonly hint: string }): IbuildError {
  return new IbuildError('IMAGE_IN_USE', message, options)
}

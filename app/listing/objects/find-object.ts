import { findSubject } from '../../../builder/container/subject.ts'
import { findImage } from '../../../builder/find-image.ts'
import { isContainerName } from '../../../builder/store/container-name.ts'
import type { Store } from '../../../builder/store/types.ts'
import { type Digest, hexOf, isDigest } from '../../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { stacksIn } from './stacks.ts'
import { type ObjectType, objectTypes, type StoreObject } from './types.ts'

/**
 * The object that a name, a digest or the first four or more hex digits of one mean. Without a type the first in the order of
 * {@link objectTypes}, as far as one digest is several of them. Errors: IMAGE_NOT_FOUND, OBJECT_NOT_FOUND, REFERENCE_INVALID
 * when the digits are the start of several digests.
 */
export function findObject(store: Store, text: string, type?: ObjectType): StoreObject {
  const wanted = type === undefined ? objectTypes : [type]
  const named = wanted.includes('image') ? findNamed(store, text) : undefined
  if (named !== undefined) return named
  const container = wanted.includes('container') && isContainerName(text) ? store.containers.get(text) : undefined
  if (container !== undefined) return { type: 'container', container }
  const start = digitsOf(text)
  const found = start === undefined ? undefined : findByDigits(store, start, wanted)
  if (found !== undefined) return found
  if (type === 'image') findImage(store, text)
  if (type === undefined && start === undefined) findSubject(store, text)
  const what = type === undefined ? 'image, container, layer, snapshot, record or blob' : type
  throw new IbuildError('OBJECT_NOT_FOUND', `no ${what} ${JSON.stringify(text.slice(0, 300))} in ${store.root}`)
}

/** What is no name of an image may be the start of something else. */
function findNamed(store: Store, text: string): StoreObject | undefined {
  try {
    const image = store.images.get(text)
    return image && { type: 'image', image }
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID') && isContainerName(text)) return undefined
    throw error
  }
}

interface Digits {
  readonly algorithm: string
  readonly hex: string
}

function digitsOf(text: string): Digits | undefined {
  const [, algorithm = 'sha256', hex] = /^(?:(sha256|sha512):)?([0-9a-f]{4,128})$/.exec(text) ?? []
  return hex === undefined ? undefined : { algorithm, hex }
}

function findByDigits(store: Store, digits: Digits, wanted: readonly ObjectType[]): StoreObject | undefined {
  const found = wanted.flatMap((type) => candidates(store, type, digits).map((digest) => ({ type, digest })))
  const digests = [...new Set(found.map(({ digest }) => digest))]
  if (digests.length > 1) throw ambiguous(digits, found)
  for (const { type, digest } of found) {
    const object = open(store, type, digest)
    if (object !== undefined) return object
  }
  return undefined
}

/** Digests of that type that start with the digits. */
function candidates(store: Store, type: ObjectType, { algorithm, hex }: Digits): Digest[] {
  const all = new Set(listOf(store, type))
  const whole = `${algorithm}:${hex}`
  if (isDigest(whole)) return all.has(whole) || type === 'snapshot' ? [whole] : []
  return [...all].filter((digest) => digest.startsWith(`${algorithm}:`) && hexOf(digest).startsWith(hex))
}

function listOf(store: Store, type: ObjectType): readonly Digest[] {
  switch (type) {
    case 'image':
      return store.images.list().map(({ imageID }) => imageID)
    case 'layer':
      return store.layers.list()
    case 'snapshot':
      return stacksIn(store).flatMap((stack) => stack.chainIDs)
    case 'record':
      return store.records.list()
    case 'blob':
      return store.blobs.list()
    case 'container':
      return []
  }
}

/** Undefined when it cannot be used: a layer that a power cut left half, a record that is damaged. */
function open(store: Store, type: ObjectType, digest: Digest): StoreObject | undefined {
  switch (type) {
    case 'image':
      return findNamed(store, digest)
    case 'layer': {
      const layer = store.layers.get(digest)
      return layer && { type, layer }
    }
    case 'snapshot': {
      const known = store.snapshots.get(digest) !== undefined || listOf(store, type).includes(digest)
      return known ? { type, chainID: digest } : undefined
    }
    case 'record': {
      const record = store.records.peek(digest)
      return record && { type, record }
    }
    case 'blob':
      return { type, digest }
    case 'container':
      return undefined
  }
}

interface Candidate {
  readonly type: ObjectType
  readonly digest: Digest
}

function ambiguous({ hex }: Digits, found: readonly Candidate[]): IbuildError {
  const shown = found.slice(0, 6).map(({ type, digest }) => `${type} ${hexOf(digest).slice(0, hex.length + 8)}`)
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : ''
  return new IbuildError('REFERENCE_INVALID', `${hex} may be ${shown.join(', ')}${more}`, {
    hint: 'Write more digits, or name the type with --type.',
  })
}

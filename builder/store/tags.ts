import { readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { asObject, asString, type JsonPlace, parseJson, required } from '../../shared/base/json.ts'
import { formatReference, parseReference } from '../../shared/base/reference.ts'
import { mapDiskFull, replaceFileDurably, syncPath } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { parseDescriptor } from '../../shared/oci/descriptor.ts'
import { parseManifest } from '../../shared/oci/manifest.ts'
import type { BlobStore } from './blob-store.ts'
import type { StoreContext } from './context.ts'
import { hasImage, maxDocumentBytes } from './image-entry.ts'
import { hashedFileName } from './layout.ts'
import { isOciIndexStale, isOciIndexWrong, type TagDescriptor, writeOciIndex } from './oci-index.ts'
import type { Tag, TagStore } from './types.ts'

export interface InternalTagStore extends TagStore {
  /** Makes index.json say what the tags say, should a process have been killed between the two. */
  repairIndex(): Promise<void>
}

/** One file for each tag: setting one is a rename, and no two tags share anything but index.json, which is derived. */
export function createTagStore(context: StoreContext, { blobs }: { readonly blobs: BlobStore }): InternalTagStore {
  const { layout, temps } = context
  const fileOf = (name: string): string => path.join(layout.tags, hashedFileName(checkName(name)))
  const get = (name: string): Digest | undefined => readTag(fileOf(name))?.descriptor.digest
  const scan = (): Scan => {
    const found = namesIn(layout.tags).flatMap((name) => tryTag(path.join(layout.tags, name)) ?? [])
    const tags = found.flatMap((tag) => (tag instanceof IbuildError ? [] : [tag]))
    const damaged = found.filter((tag) => tag instanceof IbuildError)
    return { tags: tags.sort((a, b) => (a.name < b.name ? -1 : 1)), damaged }
  }
  const listDescriptors = (): readonly TagDescriptor[] => scan().tags
  /** A tag that is damaged may be set anew. */
  const known = (name: string): Digest | undefined => {
    const tag = tryTag(fileOf(name))
    return tag instanceof IbuildError ? undefined : tag?.descriptor.digest
  }
  /** index.json comes last: when it is newer than the tags, they are on the disk. */
  const finish = async (): Promise<void> => {
    await syncPath(layout.tags)
    await writeOciIndex(context, listDescriptors)
  }
  const set = async (name: string, manifest: Digest): Promise<void> => {
    const target = fileOf(name)
    if (!hasImage(layout, manifest)) throw new IbuildError('IMAGE_NOT_FOUND', `no image ${manifest} in the store`)
    if (known(name) === manifest) return isOciIndexStale(layout) ? finish() : undefined
    const content = JSON.stringify({ name, descriptor: describe(blobs, manifest) })
    // The image may be the work of a process that was killed before it synced the folder.
    await syncPath(layout.images)
    replaceFileDurably(target, temps.name('tag'), content)
    await finish()
  }
  const remove = async (name: string): Promise<boolean> => {
    if (readIfThere(fileOf(name)) === undefined) return false
    rmSync(fileOf(name), { force: true })
    await finish()
    return true
  }

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => context.underShared(async () => mapDiskFull(work))
  return {
    get,
    setAt: (name) => statSync(fileOf(name), { throwIfNoEntry: false })?.mtimeMs,
    set: async (name, manifest) => guarded(async () => set(name, manifest)),
    // Who removes what is not there makes nothing, a lock neither.
    remove: async (name) => readIfThere(fileOf(name)) !== undefined && guarded(async () => remove(name)),
    repairIndex: async () => {
      if (isOciIndexWrong(layout, listDescriptors())) await finish()
    },
    list: () => {
      const { tags, damaged } = scan()
      if (damaged[0] !== undefined) throw damaged[0]
      return tags.map(toTag)
    },
    scan: () => {
      const { tags, damaged } = scan()
      return { tags: tags.map(toTag), damaged }
    },
  }
}

interface Scan {
  readonly tags: readonly TagDescriptor[]
  readonly damaged: readonly IbuildError[]
}

function toTag({ name, descriptor }: TagDescriptor): Tag {
  return { name, manifest: descriptor.digest }
}

function tryTag(file: string): TagDescriptor | IbuildError | undefined {
  try {
    return readTag(file)
  } catch (error) {
    if (isIbuildError(error, 'STORE_INVALID')) return error
    throw error
  }
}

function checkName(name: string): string {
  const reference = parseReference(name)
  if (formatReference(reference) === name && (reference.tag ?? reference.digest) !== undefined) return name
  throw new IbuildError('REFERENCE_INVALID', `not a full name with tag or digest: ${JSON.stringify(name)}`)
}

function describe(blobs: BlobStore, digest: Digest): TagDescriptor['descriptor'] {
  const bytes = blobs.readVerified(digest, maxDocumentBytes)
  const { mediaType } = parseManifest(parseJson(bytes, { what: 'manifest' }))
  return { mediaType, digest, size: bytes.byteLength }
}

function readTag(file: string): TagDescriptor | undefined {
  const text = readIfThere(file)
  if (text === undefined) return undefined
  try {
    const place: JsonPlace = { code: 'STORE_INVALID', path: 'tag' }
    const object = asObject(parseJson(text, { what: 'tag', maxBytes: 16 * 1024 }), place)
    const name = checkName(required(object, 'name', place, asString))
    if (hashedFileName(name) !== path.basename(file)) throw new Error('it holds the tag of another name')
    return { name, descriptor: required(object, 'descriptor', place, parseDescriptor) }
  } catch (cause) {
    const hint = 'Remove the file, then tag the image again.'
    throw new IbuildError('STORE_INVALID', `the tag in ${file} is damaged`, { cause, hint })
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

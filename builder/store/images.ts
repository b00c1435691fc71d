import { readFileSync, rmSync } from 'node:fs'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import { type ImageConfig, parseConfig } from '../../shared/oci/config.ts'
import { type Manifest, parseManifest } from '../../shared/oci/manifest.ts'
import { manyRecords, tellManyRecords } from '../layers/many-records.ts'
import type { BlobStore } from './blob-store.ts'
import type { StoreContext } from './context.ts'
import {
  addEntry,
  entryFile,
  entryTime,
  findEntry,
  hasImage,
  type ImageEntry,
  listEntries,
  maxDocumentBytes,
} from './image-entry.ts'
import { findImage } from './image-query.ts'
import { type Keep, keepAlways, keepRecent } from './keep-recent.ts'
import { damagedImage } from './reachable.ts'
import type { ImageStore, LayerStore, StoredImage, Tag, TagStore } from './types.ts'

/** Of a list of images the documents of those looked at last stay in memory, up to so many bytes. */
const keptDocumentBytes = 1024 * 1024

interface Parts {
  readonly blobs: BlobStore
  readonly layers: LayerStore
  readonly tags: TagStore
}

export function createImageStore(context: StoreContext, { blobs, layers, tags }: Parts): ImageStore {
  const { layout } = context
  const readTags = (): readonly Tag[] => tags.scan().tags
  const namesOf = (manifest: Digest): readonly string[] => namesByManifest(readTags()).get(manifest) ?? []
  const open = (entry: ImageEntry, how = { names: namesOf, keep: keepAlways }): StoredImage =>
    openImage(entry, { blobs, ...how, storedAt: entryTime(layout, entry) })

  const isStored = (entry: ImageEntry): boolean =>
    hasImage(layout, entry.manifest) && blobs.has(entry.manifest) && blobs.has(entry.imageID)

  const put = async (manifestBytes: Uint8Array, configBytes: Uint8Array): Promise<StoredImage> => {
    const manifest = parseManifest(parseJson(manifestBytes, { what: 'manifest' }))
    const config = parseConfig(parseJson(configBytes, { what: 'image config' }))
    checkFit(manifest, config, configBytes)
    const entry: ImageEntry = { imageID: manifest.config.digest, manifest: digestOf(manifestBytes) }
    dropDamaged(blobs, entry.manifest, manifestBytes)
    dropDamaged(blobs, entry.imageID, configBytes)
    if (isStored(entry)) return open(entry)
    checkLayers(manifest, config, { blobs, layers })
    await Promise.all([layers.sync(config.rootfs.diff_ids), blobs.put(configBytes), blobs.put(manifestBytes)])
    addEntry(layout, entry)
    await syncPath(layout.images)
    return open(entry)
  }

  const remove = async (manifest: Digest): Promise<boolean> => {
    const entry = findEntry(layout, manifest)
    if (entry === undefined) return false
    for (const tag of readTags()) if (tag.manifest === manifest) await tags.remove(tag.name)
    rmSync(entryFile(layout, entry), { force: true })
    await syncPath(layout.images)
    return true
  }

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => context.underShared(async () => mapDiskFull(work))
  return {
    put: async (manifest, config) => guarded(async () => put(manifest, config)),
    get: (query) => {
      const entry = findImage(query, { tag: (name) => tags.get(name), entries: () => listEntries(layout) })
      return entry && open(entry)
    },
    list: () => {
      const named = lazily(() => namesByManifest(readTags()))
      const names = (manifest: Digest): readonly string[] => named().get(manifest) ?? []
      const keep = keepRecent(keptDocumentBytes)
      const entries = listEntries(layout)
      if (entries.length >= manyRecords) tellManyRecords()
      return entries.map((entry) => open(entry, { names, keep })).sort((a, b) => b.storedAt - a.storedAt)
    },
    // Who removes what is not there makes nothing, a lock neither.
    remove: async (manifest) => findEntry(layout, manifest) !== undefined && guarded(async () => remove(manifest)),
  }
}

function checkFit(manifest: Manifest, config: ImageConfig, configBytes: Uint8Array): void {
  const { digest, size } = manifest.config
  if (digest !== digestOf(configBytes) || size !== configBytes.byteLength) {
    throw new IbuildError('MANIFEST_INVALID', `manifest.config: ${digest} (${size} bytes) is not the config given`)
  }
  const [layers, diffIDs] = [manifest.layers.length, config.rootfs.diff_ids.length]
  if (layers === diffIDs) return
  throw new IbuildError(
    'CONFIG_INVALID',
    `image config.rootfs: ${diffIDs} diff_ids for ${layers} layers of the manifest`,
  )
}

/** Each layer is here: in the layer store under its diffID, or as the blob that the manifest names. */
function checkLayers(manifest: Manifest, config: ImageConfig, { blobs, layers }: Omit<Parts, 'tags'>): void {
  for (const [i, { digest }] of manifest.layers.entries()) {
    const diffID = config.rootfs.diff_ids[i]
    if (diffID !== undefined && layers.get(diffID) === undefined && !blobs.has(digest)) {
      throw new IbuildError(
        'LAYER_INVALID',
        `layer ${i + 1} of ${manifest.layers.length} is not in the store: ${diffID}`,
      )
    }
  }
}

/** A blob is never written over, so one with other content would stay. */
function dropDamaged(blobs: BlobStore, digest: Digest, content: Uint8Array): void {
  const found = blobs.stat(digest)
  if (found === undefined) return
  if (found.size !== content.byteLength || !readFileSync(blobs.path(digest)).equals(content)) blobs.remove(digest)
}

interface Opened {
  readonly blobs: BlobStore
  readonly names: (manifest: Digest) => readonly string[]
  readonly storedAt: number
  readonly keep: Keep
}

function openImage({ imageID, manifest: manifestDigest }: ImageEntry, opened: Opened): StoredImage {
  const { blobs, names, storedAt, keep } = opened
  const bytesOf = (digest: Digest): (() => Buffer) =>
    keep(() => {
      const value = blobs.readVerified(digest, maxDocumentBytes)
      return { value, bytes: value.byteLength }
    })
  const [manifestBytes, configBytes] = [bytesOf(manifestDigest), bytesOf(imageID)]
  const manifest = keep(() => {
    const bytes = manifestBytes()
    return { value: parseManifest(parseJson(bytes, { what: 'manifest' })), bytes: bytes.byteLength }
  })
  const config = keep(() => {
    const bytes = configBytes()
    return { value: parseConfig(parseJson(bytes, { what: 'image config' })), bytes: bytes.byteLength }
  })
  const told = <T>(read: () => T): T => {
    try {
      return read()
    } catch (cause) {
      throw damagedImage(image, cause)
    }
  }
  const image: StoredImage = {
    manifestDigest,
    imageID,
    storedAt,
    get manifest() {
      return told(manifest)
    },
    get manifestBytes() {
      return told(manifestBytes)
    },
    get config() {
      return told(config)
    },
    get configBytes() {
      return told(configBytes)
    },
    get names() {
      return names(manifestDigest)
    },
  }
  return image
}

/** Names stay in the order of the tags. */
function namesByManifest(tags: readonly Tag[]): ReadonlyMap<Digest, readonly string[]> {
  const names = new Map<Digest, string[]>()
  for (const { name, manifest } of tags) {
    const known = names.get(manifest)
    if (known === undefined) names.set(manifest, [name])
    else known.push(name)
  }
  return names
}

function lazily<T extends object>(work: () => T): () => T {
  return keepAlways(() => ({ value: work(), bytes: 0 }))
}

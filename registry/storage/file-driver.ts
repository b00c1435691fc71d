import { dirname, join } from 'node:path'
import { algorithmOf, type Digest, hexOf } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { makeFolders, mapDiskFull } from '../../shared/cas/disk.ts'
import { currentBoot } from '../../shared/cas/owner.ts'
import type { Durability } from '../../shared/rows/row-store.ts'
import type { BlobDriver, StoreOptions, UploadBytes } from './blob-types.ts'
import { fileUpload } from './file-upload.ts'
import { type Files, nodeFiles, type OpenFile } from './files.ts'
import { createFolderSyncs } from './folder-syncs.ts'
import { createForeignFiles } from './foreign-files.ts'
import { blobPlace, registryLayout } from './layout.ts'
import { createOpenBlobs } from './open-blobs.ts'
import { ownFile, temporaryName } from './own-file.ts'
import { createBlobPlaces } from './place-blob.ts'

export interface FileDriverOptions {
  /** `group` unless told otherwise. */
  readonly durability?: Durability
  /** Bytes of an upload after which they are sent to the disk while more come. */
  readonly flushEvery?: number
  /** Bytes of an upload that go through the cache of the system; what comes after them goes to the disk at once. */
  readonly cached?: number
  /** For tests: the filesystem, and the name of this boot of the machine. */
  readonly files?: Files
  readonly boot?: string
}

const mebibyte = 2 ** 20

/**
 * Blobs and uploads in files below the data folder `root`, placed as `layout.ts` draws it. One process at a time; nothing is
 * walked to open it. Errors: those of making folders.
 */
export async function openFileDriver(root: string, options: FileDriverOptions = {}): Promise<BlobDriver> {
  const { durability = 'group', flushEvery = 2 * mebibyte, cached = 32 * mebibyte, files = nodeFiles } = options
  const isSynced = durability !== 'relaxed'
  const boot = (options.boot ?? currentBoot()).replaceAll('-', '').slice(0, 12)
  const layout = registryLayout(root)
  const uploads = join(layout.uploads, boot)
  const syncs =
    durability === 'group'
      ? createFolderSyncs(async (folder) => files.syncFolder(folder))
      : { sync: async (folder: string) => files.syncFolder(folder) }
  const opened = createOpenBlobs({ files })
  const places = createBlobPlaces({ layout, files, syncs, isSynced, onReplaced: (path) => opened.forget(path) })
  /** Names of files among the uploads that are none. */
  const putting = new Set<string>()
  const foreign = createForeignFiles({ layout, uploads, files, places, isSynced, putting })

  await prepare()

  async function prepare(): Promise<void> {
    if (files === nodeFiles) makeFolders(root)
    const algorithms = (['sha256', 'sha512'] as const).map((name) => join(layout.blobs, name))
    const folders = [layout.folder, layout.blobs, layout.uploads, layout.aside, uploads, ...algorithms]
    for (const folder of folders) await files.makeFolder(folder)
    // Also those that were there: whoever made them may have been cut off before.
    for (const path of folders) await places.syncNames(path)
    await places.syncNames(root).catch(ignoreForbidden)
  }

  const uploadOf = (path: string, file: OpenFile, size: number): UploadBytes =>
    fileUpload(file, size, {
      isSynced,
      flushEvery,
      cached,
      syncName: async () => places.syncNames(path),
      place: async (blob) => {
        await places.place(path, blob)
        // It is the blob now, whatever else: a name that stays is found when left-over uploads are.
        await files.remove(path).catch(() => false)
      },
    })

  /** Opens an upload to write to it. */
  const openFile = async (path: string): Promise<OpenFile | undefined> => {
    const file = await files.open(path, 'write')
    return file && ownFile(path, file, { files, isSynced, putting })
  }
  /** Finds an upload of an earlier boot; an earlier machine may have left several folders. */
  const findElsewhere = async (id: string): Promise<string | undefined> => {
    for (const name of await files.list(layout.uploads)) {
      const path = join(layout.uploads, name, id)
      if (name !== boot && (await files.size(path)) !== undefined) return path
    }
    return undefined
  }
  /** Cuts an upload of an earlier boot to what was synced, and takes it over into this one. */
  const takeOver = async (id: string, acknowledged: number): Promise<OpenFile | undefined> => {
    const from = await findElsewhere(id)
    const file = from === undefined ? undefined : await openFile(from)
    if (from === undefined || file === undefined) return undefined
    try {
      if (file.look().size > acknowledged) await file.truncate(acknowledged)
      if (isSynced) await file.sync()
      const to = join(uploads, id)
      await files.rename(from, to)
      await places.syncNames(to)
    } catch (error) {
      await file.close()
      throw error
    }
    await files.removeFolder(dirname(from))
    return file
  }

  return {
    size: async (digest) => files.size(blobPlace(layout, digest).file),
    open: async (digest) => opened.open(blobPlace(layout, digest).file),
    put: async (digest, bytes, storeOptions) => putBytes(digest, bytes, storeOptions),
    ...foreign,
    remove: async (digest) => {
      const { file } = blobPlace(layout, digest)
      const removed = await files.remove(file)
      opened.forget(file)
      return removed
    },
    setAside: async (digest) => {
      const { file } = blobPlace(layout, digest)
      const name = `${algorithmOf(digest)}-${hexOf(digest)}.${Date.now()}`
      await files.rename(file, join(layout.aside, name)).catch(ignoreMissing)
      opened.forget(file)
      // Were it to come back with a power cut it would only be found corrupt again; but who reported it was told otherwise.
      await places.syncNames(file).catch(ignoreMissing)
    },
    createUpload,
    openUpload: async (id, acknowledged) => {
      const path = join(uploads, id)
      const file = (await openFile(path)) ?? (await takeOver(id, acknowledged))
      return file === undefined ? undefined : uploadOf(path, file, file.look().size)
    },
    removeUpload: async (id) => {
      if (await files.remove(join(uploads, id))) return
      const other = await findElsewhere(id)
      if (other === undefined) return
      await files.remove(other)
      await files.removeFolder(dirname(other))
    },
    listUploads: async () => {
      const folders = (await files.list(layout.uploads)).map((name) => join(layout.uploads, name))
      const names = await Promise.all(folders.map(async (folder) => files.list(folder)))
      return names.flat().filter((name) => !putting.has(name))
    },
    space: async () => files.space(layout.folder),
    close: async () => opened.close(),
  }

  async function createUpload(id: string): Promise<UploadBytes> {
    const path = join(uploads, id)
    const file = await mapDiskFull(async () => files.open(path, 'create'))
    if (file === undefined) throw new Error(`no folder for ${path}`)
    return uploadOf(path, file, 0)
  }

  async function putBytes(digest: Digest, bytes: Uint8Array, storeOptions: StoreOptions = {}): Promise<void> {
    const name = temporaryName()
    putting.add(name)
    try {
      const upload = await createUpload(name)
      try {
        await upload.append(bytes)
        await upload.commit(digest, storeOptions)
      } catch (error) {
        await upload.close()
        await files.remove(join(uploads, name))
        throw error
      }
    } finally {
      putting.delete(name)
    }
  }
}

/** What lies above the data folder need not be ours to read. */
function ignoreForbidden(error: unknown): void {
  if (!['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) throw error
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error
}

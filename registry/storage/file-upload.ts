import { mapDiskFull } from '../../shared/cas/disk.ts'
import type { UploadBytes } from './blob-types.ts'
import type { OpenFile } from './files.ts'
import type { PlacedBlob } from './place-blob.ts'

export interface FileUploadOptions {
  readonly isSynced: boolean
  /** After how many bytes they are sent to the disk while more come. */
  readonly flushEvery: number
  /** How many bytes go through the cache of the system, for those who pull them soon; more of one blob would only empty it. */
  readonly cached: number
  /** Makes the name of the upload durable. */
  readonly syncName: () => Promise<void>
  /** Makes the file, whose bytes are durable, a blob, and takes away its name as an upload. */
  readonly place: (blob: PlacedBlob) => Promise<void>
}

/**
 * The bytes of an upload in a file. While they come, those before are sent to the disk, so that little is left to do at the
 * end. After one failed sync nothing of the file is believed: every later sync and commit fails as well.
 */
export function fileUpload(file: OpenFile, start: number, options: FileUploadOptions): UploadBytes {
  const { isSynced, flushEvery, cached } = options
  let size = start
  /** Where the bytes end that were sent to the disk. */
  let flushed = start
  /** How many bytes are durable for sure; of those that were there before nothing is known. */
  let synced = -1
  let isNamed = false
  let flushing: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  /** A second sync of the same bytes would wait for the disk again. */
  const syncData = async (): Promise<void> => {
    if (failure !== undefined) throw failure.error
    const upTo = size
    if (synced === upTo) return
    try {
      await mapDiskFull(async () => file.sync())
      synced = upTo
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  const flush = (): void => {
    if (!isSynced || flushing !== undefined || size - flushed < flushEvery) return
    const [start, length] = [flushed, size - flushed]
    flushed = size
    flushing = file.startWriteBack(start, length).finally(() => {
      flushing = undefined
    })
  }
  const sync = async ({ isLast = false }: { readonly isLast?: boolean } = {}): Promise<void> => {
    if (failure !== undefined) throw failure.error
    if (!isSynced) return
    await syncData()
    if (isNamed || isLast) return
    await options.syncName()
    isNamed = true
  }
  /** Takes a part away that was written only partly. Where that cannot be done the file must not become a blob. */
  const cut = async (reason: unknown): Promise<void> => {
    try {
      await file.truncate(size)
    } catch {
      failure = { error: reason }
    }
  }
  /** The number of the file must not become that of another one under a call. */
  const close = async (): Promise<void> => {
    await flushing
    await file.close()
  }

  return {
    get size() {
      return size
    },
    append: async (bytes) => {
      if (failure !== undefined) throw failure.error
      try {
        await writeAll(file, bytes, { start: size, pastCache: size >= cached })
      } catch (error) {
        await cut(error)
        throw error
      }
      size += bytes.byteLength
      flush()
    },
    sync,
    read: async (target, position) => file.read(target.subarray(0, Math.max(0, size - position)), position),
    commit: async (digest, { replace = false } = {}) => {
      if (failure !== undefined) throw failure.error
      if (isSynced) await syncData()
      await mapDiskFull(async () => options.place({ digest, size, replace }))
      await close()
    },
    close,
  }
}

interface Place {
  readonly start: number
  readonly pastCache: boolean
}

async function writeAll(file: OpenFile, bytes: Uint8Array, { start, pastCache }: Place): Promise<void> {
  await mapDiskFull(async () => {
    for (let done = 0; done < bytes.byteLength; )
      done += await file.write(bytes.subarray(done), start + done, { pastCache })
  })
}

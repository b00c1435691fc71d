import type { BlobReader } from './blob-types.ts'
import type { Files, OpenFile } from './files.ts'

/** Files that are kept open for a while, so that the next reader of the same blob need not look for it. */
export interface OpenBlobs {
  open(path: string): Promise<BlobReader | undefined>
  /** To be called when `path` was removed or has other content: who opens it from now on does not get the old file. */
  forget(path: string): void
  close(): Promise<void>
}

export interface OpenBlobsOptions {
  readonly files: Pick<Files, 'open'>
  /** How many files without a reader stay open. */
  readonly atMost?: number
  /** Milliseconds for which one does: as long the disk keeps the bytes of a blob that another process removed. */
  readonly idle?: number
}

interface Entry {
  readonly path: string
  readonly file: Promise<OpenFile | undefined>
  readers: number
  isCurrent: boolean
  lastUsed: number
}

/**
 * Each time a file is handed out its size and its name are looked at anew, which needs no disk: what was cut short or
 * removed behind our back is not shown as it was.
 */
export function createOpenBlobs({ files, atMost = 256, idle = 5000 }: OpenBlobsOptions): OpenBlobs {
  const entries = new Map<string, Entry>()
  let timer: NodeJS.Timeout | undefined

  const drop = (entry: Entry): void => {
    if (entry.isCurrent) entries.delete(entry.path)
    entry.isCurrent = false
    if (entry.readers === 0) closeQuietly(entry.file)
  }
  const dropIdle = (): void => {
    const oldest = performance.now() - idle
    for (const entry of entries.values()) if (entry.readers === 0 && entry.lastUsed < oldest) drop(entry)
    timer = entries.size === 0 ? undefined : setTimeout(dropIdle, idle).unref()
  }
  const release = (entry: Entry): void => {
    entry.readers--
    entry.lastUsed = performance.now()
    if (!entry.isCurrent) return drop(entry)
    timer ??= setTimeout(dropIdle, idle).unref()
    if (entries.size > atMost) {
      for (const other of entries.values()) if (other.readers === 0) return drop(other)
    }
  }
  const entryOf = (path: string): Entry => {
    const known = entries.get(path)
    const entry = known ?? { path, file: files.open(path, 'read'), readers: 0, isCurrent: true, lastUsed: 0 }
    entry.readers++
    // At the end of the order, where those are that were used last.
    entries.delete(path)
    entries.set(path, entry)
    return entry
  }

  /** The file of an entry that this reader holds; lets go of it when there is none, or none any more. */
  const fileOf = async (entry: Entry): Promise<BlobReader | undefined> => {
    try {
      const file = await entry.file
      const found = file?.look()
      if (file !== undefined && found?.isNamed === true) return readerOf(file, found.size, () => release(entry))
      if (entry.isCurrent) entries.delete(entry.path)
      entry.isCurrent = false
      release(entry)
      return undefined
    } catch (error) {
      if (entry.isCurrent) entries.delete(entry.path)
      entry.isCurrent = false
      release(entry)
      throw error
    }
  }

  return {
    open: async (path) => {
      const isShared = entries.has(path)
      // What another reader opened, or looked for before there was a file, says nothing of what has the name by now.
      return (await fileOf(entryOf(path))) ?? (isShared ? fileOf(entryOf(path)) : undefined)
    },
    forget: (path) => {
      const entry = entries.get(path)
      if (entry !== undefined) drop(entry)
    },
    close: async () => {
      clearTimeout(timer)
      for (const entry of entries.values()) drop(entry)
    },
  }
}

/** The file is let go of when the last read is done: its number must not become that of another file under a read. */
function readerOf(file: OpenFile, size: number, release: () => void): BlobReader {
  let isOpen = true
  let reads = 0
  const releaseIfDone = (): void => {
    if (!isOpen && reads === 0) release()
  }
  return {
    size,
    read: async (target, position) => {
      if (!isOpen) throw new Error('the blob is closed')
      reads++
      try {
        return await file.read(target, position)
      } finally {
        reads--
        releaseIfDone()
      }
    },
    close: async () => {
      if (!isOpen) return
      isOpen = false
      releaseIfDone()
    },
  }
}

function closeQuietly(file: Promise<OpenFile | undefined>): void {
  file.then(async (opened) => opened?.close()).catch(() => undefined)
}

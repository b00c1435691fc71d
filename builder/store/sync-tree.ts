import { constants, type Dirent, opendirSync, readdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { errnoOf } from '../../shared/base/errors.ts'

/** Up to this many files and folders are synced one by one; above, the whole filesystem is synced in one call. */
const fewEntries = 64

/** Waits until a folder with all that is in it is on the disk. */
export async function syncTree(dir: string): Promise<void> {
  const paths = listTree(dir, fewEntries)
  if (paths === undefined) await syncFilesystem(dir)
  else await Promise.all(paths.map(syncOne))
}

/**
 * Starts to write a folder that will be synced later to the disk, when there is much in it. An error is left to the sync
 * itself.
 */
export function startWriteBack(dir: string): void {
  if (listTree(dir, fewEntries) === undefined) syncFilesystem(dir).catch(() => undefined)
}

/** True for a folder with few entries, or none at all. */
export function isSmallTree(dir: string): boolean {
  try {
    return listTree(dir, fewEntries) !== undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    throw error
  }
}

/** Loaded only here: it brings the means to start programs, which most commands never need. */
async function syncFilesystem(dir: string): Promise<void> {
  const loaded = await import('../../shared/sys/sync-filesystem.ts')
  await loaded.syncFilesystem(dir)
}

/** Folders and regular files; undefined when there are more than `max`. Names may be any bytes. */
function listTree(dir: string, max: number): Buffer[] | undefined {
  const paths = [Buffer.from(dir)]
  const folders = [Buffer.from(dir)]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { name, isFolder, isFile } of entriesOf(folder)) {
      const child = Buffer.concat([folder, Buffer.from('/'), name])
      if (isFolder) folders.push(child)
      if (isFolder || isFile) paths.push(child)
      if (paths.length > max) return undefined
    }
  }
  return paths
}

interface Entry {
  readonly name: Buffer
  readonly isFolder: boolean
  readonly isFile: boolean
}

/**
 * Read in pieces, because one folder may have any number of entries and few of them are wanted; of a path that is not ASCII,
 * Node can do that only on some filesystems.
 */
function* entriesOf(folder: Buffer): Generator<Entry> {
  const path = folder.toString('latin1')
  if (/[^\0-\x7f]/.test(path)) {
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }))
      yield entryOf(entry, entry.name)
    return
  }
  const directory = opendirSync(path, { encoding: 'latin1', bufferSize: fewEntries })
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      yield entryOf(entry, Buffer.from(entry.name, 'latin1'))
    }
  } finally {
    directory.closeSync()
  }
}

function entryOf(entry: Pick<Dirent, 'isDirectory' | 'isFile'>, name: Buffer): Entry {
  return { name, isFolder: entry.isDirectory(), isFile: entry.isFile() }
}

async function syncOne(path: Buffer): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

import fs from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { startWriteBack } from '../../shared/sys/write-back.ts'
import { type DirectWrites, directWrites } from './direct-writes.ts'
import { settle } from './settle.ts'

/** What the driver asks of a filesystem: the system calls that its promises rest on, so that tests can cut the power between them. */
export interface Files {
  /** `read`: undefined when there is none. `create`: EEXIST when there is one. `write`: to go on with one; undefined as with read. */
  open(path: string, how: 'read' | 'create' | 'write'): Promise<OpenFile | undefined>
  size(path: string): Promise<number | undefined>
  /** The folders above must be there; one that is there already is fine. */
  makeFolder(path: string): Promise<void>
  /** EEXIST, ENOENT. */
  link(from: string, to: string): Promise<void>
  /** EEXIST, ENOENT. Blocks are shared where the filesystem can do that; what fails may leave a part. */
  copy(from: string, to: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** False when there was none. */
  remove(path: string): Promise<boolean>
  /** Only an empty one is removed; does nothing otherwise. */
  removeFolder(path: string): Promise<void>
  list(folder: string): Promise<readonly string[]>
  /** Resolves when the names in a folder are durable. */
  syncFolder(path: string): Promise<void>
  space(path: string): Promise<{ readonly free: number; readonly total: number }>
}

/** A descriptor: positions are given, none is kept. */
export interface OpenFile {
  /** Bytes, and whether the file has a name, or more than one. Looked at without a thread: the inode is in memory. */
  look(): { readonly size: number; readonly isNamed: boolean; readonly isShared: boolean }
  read(target: Uint8Array, position: number): Promise<number>
  /** How many were written, which may be fewer. `pastCache`: where possible without filling the cache of the system. */
  write(bytes: Uint8Array, position: number, options?: { readonly pastCache?: boolean }): Promise<number>
  truncate(size: number): Promise<void>
  /** Has the system begin to write a part to the disk. Promises nothing, and never fails. */
  startWriteBack(start: number, length: number): Promise<void>
  /** Resolves when content and size are durable. */
  sync(): Promise<void>
  close(): Promise<void>
}

const { constants } = fs
const flags = {
  read: constants.O_RDONLY | constants.O_NOFOLLOW, // nobody puts a link to another file in the place of a blob
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  write: constants.O_RDWR,
} as const

const copyFlags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE

/** The filesystem of this machine. */
export const nodeFiles: Files = {
  open: async (path, how) => {
    const fd = await unless(
      'ENOENT',
      settle<number>((done) => fs.open(path, flags[how], 0o600, done)),
    )
    return fd === undefined ? undefined : fileOf(fd)
  },
  size: async (path) => {
    const found = await unless(
      'ENOENT',
      settle<fs.Stats>((done) => fs.stat(path, done)),
    )
    return found?.size
  },
  makeFolder: async (path) => {
    await unless(
      'EEXIST',
      settle<void>((done) => fs.mkdir(path, { mode: 0o700 }, (error) => done(error))),
    )
  },
  link: async (from, to) => settle((done) => fs.link(from, to, done)),
  copy: async (from, to) => settle((done) => fs.copyFile(from, to, copyFlags, done)),
  rename: async (from, to) => settle((done) => fs.rename(from, to, done)),
  remove: async (path) => {
    const removed = settle<true>((done) => fs.unlink(path, (error) => done(error, true)))
    return (await unless('ENOENT', removed)) ?? false
  },
  removeFolder: async (path) => {
    await settle<void>((done) => fs.rmdir(path, done)).catch(() => undefined)
  },
  list: async (folder) => settle<string[]>((done) => fs.readdir(folder, done)),
  syncFolder: async (path) => {
    const fd = await settle<number>((done) => fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY, done))
    try {
      await settle<void>((done) => fs.fsync(fd, done))
    } finally {
      await settle<void>((done) => fs.close(fd, done))
    }
  },
  space: async (path) => {
    const { bavail, blocks, bsize } = await settle<fs.StatsFs>((done) => fs.statfs(path, done))
    return { free: bavail * bsize, total: blocks * bsize }
  },
}

function fileOf(fd: number): OpenFile {
  let closed: Promise<void> | undefined
  const direct = directWrites(fd)
  return {
    look: () => {
      const { size, nlink } = fs.fstatSync(fd)
      return { size, isNamed: nlink > 0, isShared: nlink > 1 }
    },
    read: async (target, position) =>
      settle((done) => fs.read(fd, target, 0, target.byteLength, position, (error, count) => done(error, count))),
    write: async (bytes, position, { pastCache = false } = {}) =>
      (pastCache ? await direct.write(bytes, position) : undefined) ??
      settle((done) => fs.write(fd, bytes, 0, bytes.byteLength, position, (error, count) => done(error, count))),
    truncate: async (size) => settle((done) => fs.ftruncate(fd, size, done)),
    startWriteBack: async (start, length) => {
      await startWriteBack(fd, start, length)
    },
    sync: async () => settle((done) => fs.fdatasync(fd, done)),
    // A number that is closed twice may by then be another file.
    close: async () => (closed ??= closeAll(fd, direct)),
  }
}

async function closeAll(fd: number, direct: DirectWrites): Promise<void> {
  try {
    await direct.close()
  } finally {
    await settle<void>((done) => fs.close(fd, done))
  }
}

async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (errnoOf(error) !== code) throw error
    return undefined
  }
}

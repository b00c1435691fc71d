import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, IbuildError } from '../base/errors.ts'

/** Runs `work`; a system error that means "no space left" becomes DISK_FULL. */
export async function mapDiskFull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw diskFullOr(error)
  }
}

/** {@link mapDiskFull} for synchronous work. */
export function mapDiskFullSync<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw diskFullOr(error)
  }
}

function diskFullOr(error: unknown): unknown {
  const code = errnoOf(error)
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  const file = error instanceof Error && 'path' in error ? ` (while writing ${String(error.path)})` : ''
  return new IbuildError('DISK_FULL', `no space left on the disk${file}`, { cause: error })
}

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` tries for ever where the system has no such
 * file but lets none be made either, as below /proc.
 */
export function makeFolders(folder: string, mode = 0o777): void {
  if (isFolder(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolders(parent, mode)
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !isFolder(folder)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Waits until the content of a file, or the names in a folder, are on the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** {@link syncPath}, blocking: on most disks a single one is done before a thread of the pool would start. */
export function syncPathSync(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Replaces a small file: readers see the old or the new content, never a part. `temporary` is on the same filesystem. */
export function replaceFileSync(file: string, temporary: string, content: string | Uint8Array): void {
  replaceWith(file, temporary, () => writeFileSync(temporary, content, { mode: 0o644 }))
}

/** {@link replaceFileSync} whose content survives a power cut; its name does once the folder is synced. */
export function replaceFileDurably(file: string, temporary: string, content: string | Uint8Array): void {
  replaceWith(file, temporary, () => {
    writeFileSync(temporary, content, { mode: 0o644 })
    syncPathSync(temporary)
  })
}

function replaceWith(file: string, temporary: string, write: () => void): void {
  try {
    write()
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

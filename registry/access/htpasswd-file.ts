import { open, realpath, rmdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { makeFolders, mapDiskFull } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import { type Permissions, writeDurably } from '../../shared/cas/write-durably.ts'
import { type HtpasswdEntry, parseHtpasswd } from './htpasswd.ts'

/** Bytes of a file with accounts at most. */
const largestFile = 16 * 1024 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The accounts of a file. Errors: ACCOUNTS_INVALID, which names the line, or the file that cannot be read. */
export async function readHtpasswd(file: string): Promise<readonly HtpasswdEntry[]> {
  return parseHtpasswd(await readText(file), file)
}

/**
 * Replaces the text of a file with accounts; one process at a time. Where there is no file it is made, for its owner alone.
 * `change` gets the text, which is that of a right file or empty, and gives another one, or throws. Errors: ACCOUNTS_INVALID,
 * DISK_FULL, those of `change`.
 */
export async function changeHtpasswd(file: string, change: (text: string) => string): Promise<void> {
  const place = await realPlace(file)
  const locks = `${place}.lock`
  try {
    makeFolders(dirname(place), 0o700)
    const lock = await lockExclusive(locks)
    try {
      const before = await permissionsOf(place)
      const text = before === undefined ? '' : await readText(place)
      parseHtpasswd(text, file)
      const changed = change(text)
      parseHtpasswd(changed, file)
      await mapDiskFull(() => writeDurably(place, changed, before ?? { mode: 0o600 }))
    } finally {
      lock.release()
      await rmdir(locks).catch(() => undefined) // others may wait in it
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw invalid(`${file} cannot be changed (${errnoOf(error)})`, error)
  }
}

async function readText(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r')
    try {
      const { size } = await handle.stat()
      if (size > largestFile) throw invalid(`${file}: has more than ${largestFile / 2 ** 20} MiB`)
      return utf8.decode(await handle.readFile())
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (cause instanceof IbuildError) throw cause
    if (cause instanceof TypeError) throw invalid(`${file}: is not UTF-8`, cause)
    throw invalid(`${file} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, cause)
  }
}

/** Where a link leads: it stays, and what it leads to is replaced. */
async function realPlace(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return file
    throw invalid(`${file} cannot be found (${errnoOf(error) ?? 'unknown reason'})`, error)
  }
}

/** As they are, without rights for all: a server of another user may read by its group. Undefined where there is no file. */
async function permissionsOf(file: string): Promise<Permissions | undefined> {
  try {
    const { mode, uid, gid } = await stat(file)
    return { mode: (mode & 0o040) | 0o600, owner: { uid, gid } }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('ACCOUNTS_INVALID', message, { cause })
}

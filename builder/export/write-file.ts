import { createWriteStream } from 'node:fs'
import { lstat, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { makeFolders } from '../../shared/cas/disk.ts'
import { isOwnerAlive, ownOwner } from '../../shared/cas/owner.ts'
import { writeNewFile } from './write-new-file.ts'

/**
 * Makes or replaces a file of the user: written beside it and renamed, so that no half file ever has its name, and what a
 * killed process left of one goes. A symlink stays and its target is replaced; what is no regular file (a device, a fifo)
 * or a descriptor of this process is written to as it is. Errors: DISK_FULL; USAGE for a folder and for a place where nothing can be written.
 */
export async function writeFile(dest: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  try {
    makeFolders(dirname(dest))
    const there = await existing(dest)
    if (there.kind === 'folder') {
      throw new IbuildError('USAGE', `cannot write ${dest}: it is a folder`, { hint: 'Name a file in it.' })
    }
    if (there.kind === 'special')
      await pipeline(Readable.from(asPieces(bytes)), createWriteStream(dest, { flags: 'a' }))
    else await replace(there.path, bytes)
  } catch (error) {
    throw explained(error, dest)
  }
}

interface Existing {
  readonly kind: 'file' | 'folder' | 'special'
  /** Behind symlinks. */
  readonly path: string
}

async function existing(dest: string): Promise<Existing> {
  try {
    const found = await stat(dest)
    if (found.isFile() && !(await isDescriptor(dest))) return { kind: 'file', path: await realpath(dest) }
    return { kind: found.isDirectory() ? 'folder' : 'special', path: dest }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { kind: 'file', path: dest }
    throw error
  }
}

/** True for /dev/stdout, /dev/fd/3 and such: what is open there is written on, not replaced. */
async function isDescriptor(dest: string): Promise<boolean> {
  if ((await realpath(dirname(dest))).startsWith('/proc/')) return true
  return (await lstat(dest)).isSymbolicLink() && resolve(dirname(dest), await readlink(dest)).startsWith('/proc/')
}

async function replace(dest: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  await removeLeftOvers(dest)
  const partial = `${dest}.${ownOwner()}.partial`
  try {
    await writeNewFile(partial, bytes)
    await rename(partial, dest)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** Of this file, by processes that are gone. */
async function removeLeftOvers(dest: string): Promise<void> {
  const start = `${basename(dest)}.`
  for (const name of await readdir(dirname(dest))) {
    if (!name.startsWith(start) || !name.endsWith('.partial')) continue
    const owner = name.slice(start.length, -'.partial'.length)
    if (/^\d+-\d+-[0-9a-f]{12}-\d+$/.test(owner) && !isOwnerAlive(owner, Date.now()))
      await rm(join(dirname(dest), name), { force: true })
  }
}

async function* asPieces(bytes: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (bytes instanceof Uint8Array) yield bytes
  else yield* bytes
}

/** An error at the destination; one of what is read passes. */
function explained(error: unknown, dest: string): unknown {
  const code = errnoOf(error)
  if (code === undefined || !isAt(error, dest)) return error
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new IbuildError('DISK_FULL', `no space left to write ${dest}`, { cause: error })
  return new IbuildError('USAGE', `cannot write ${dest}: ${code}`, {
    cause: error,
    hint: 'Name a file in a folder that you may write to.',
  })
}

/** Errors of calls on open files, such as a write to a full disk, name no path. */
function isAt(error: unknown, dest: string): boolean {
  if (!(error instanceof Error) || !('path' in error)) return true
  const path = String(error.path)
  return path.startsWith(dest) || dest.startsWith(path)
}

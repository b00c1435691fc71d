import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  lchownSync,
  openSync,
  symlinkSync,
  write,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { lsetxattr, mknod, utimensNs } from '../../shared/sys/native.ts'
import type { LayerEntry } from './entry.ts'

/** What the process may do; what it may not is left out. */
export interface Abilities {
  /** Give files to any owner, set the attributes that need privilege. */
  readonly owners: boolean
  /** Make device nodes. */
  readonly devices: boolean
}

export type Content = Uint8Array | AsyncIterable<Uint8Array>

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
const writeAsync = promisify(write)

const fileTypes = { fifo: constants.S_IFIFO, char: constants.S_IFCHR, block: constants.S_IFBLK } as const

/**
 * Makes a file, symlink, fifo or device at a path where nothing is, with all its metadata. EEXIST when something is there:
 * nothing is ever written through a link.
 */
export async function createEntry(
  file: Buffer,
  entry: LayerEntry,
  options: { readonly content: () => Content; readonly abilities: Abilities },
): Promise<void> {
  switch (entry.type) {
    case 'file':
      await createFile(file, entry, options.content())
      break
    case 'symlink':
      symlinkSync(Buffer.from(entry.linkname, 'latin1'), file)
      break
    case 'fifo':
    case 'char':
    case 'block':
      mknod(file, fileTypes[entry.type] | 0o600, entry.devMajor, entry.devMinor)
      break
    default:
      throw new TypeError(`cannot create a ${entry.type}`)
  }
  applyMetadata(file, entry, options.abilities)
}

async function createFile(file: Buffer, entry: LayerEntry, content: Content): Promise<void> {
  const fd = openSync(file, newFile, 0o600)
  try {
    if (content instanceof Uint8Array) writeAll(fd, content)
    else for await (const piece of content) await writeAllAsync(fd, piece)
    // Here for the descriptor is at hand; owners come after it, and then setuid bits again.
    if ((entry.mode & 0o7000) === 0) fchmodSync(fd, entry.mode)
  } finally {
    closeSync(fd)
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
}

async function writeAllAsync(fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await writeAsync(fd, bytes, done, bytes.length - done, null)).bytesWritten
  }
}

/** Owner, mode, extended attributes and time of a path itself, in the order in which none undoes another. */
export function applyMetadata(file: Buffer, entry: LayerEntry, abilities: Abilities): void {
  if (abilities.owners) lchownSync(file, entry.uid, entry.gid)
  if (entry.type !== 'symlink' && (entry.type !== 'file' || (entry.mode & 0o7000) !== 0)) chmodSync(file, entry.mode)
  for (const [name, value] of entry.xattrs) applyXattr(file, name, value, abilities)
  utimensNs(file, entry.mtime)
}

const overlayAttribute = /^(?:trusted|user)\.overlay\./

/** Attributes of overlays are marks of a host's mounts and would change how the layer is read: they are left out. */
function applyXattr(file: Buffer, name: string, value: Uint8Array, abilities: Abilities): void {
  if (overlayAttribute.test(name)) return
  try {
    lsetxattr(file, name, value)
  } catch (error) {
    if (errnoOf(error) === 'EPERM' && !abilities.owners) return
    throw error
  }
}

/** Errors of the system as those that a user can act on. */
export function extractionError(error: unknown, what: string): unknown {
  const errno = errnoOf(error)
  if (error instanceof IbuildError || errno === undefined) return error
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new IbuildError('DISK_FULL', `no space left to extract ${what}`, { cause: error })
  }
  const hint = errno === 'EPERM' ? 'Extracting owners, devices and overlay marks needs root.' : undefined
  const reason = error instanceof Error ? error.message : errno
  return new IbuildError('SYSTEM_CALL', `cannot extract ${what}: ${reason}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}

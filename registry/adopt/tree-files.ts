import { constants } from 'node:fs'
import { type FileHandle, open, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../../shared/base/errors.ts'
import { TreeFlaw } from './flaw.ts'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants
/** A file that another system made special is not waited for. */
const flags = { file: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, folder: O_RDONLY | O_NOFOLLOW | O_DIRECTORY } as const

/** An open file or folder of a tree, which its user closes. */
export interface TreeFile {
  readonly handle: FileHandle
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** When it was written, in milliseconds since the epoch. */
  readonly at: number
}

/**
 * Opens what lies under these names below `root`, an absolute path without links. Undefined when there is none. What is opened
 * is held against its path afterwards, so no symbolic link on the way is followed, whoever puts it there meanwhile. Errors:
 * {@link TreeFlaw} for a link, for what is no file or folder, and for what cannot be opened.
 */
export async function openInside(
  root: string,
  names: readonly string[],
  kind: keyof typeof flags,
): Promise<TreeFile | undefined> {
  const path = join(root, ...names)
  const handle = await openThere(path, flags[kind])
  if (handle === undefined) return undefined
  try {
    const stat = await handle.stat()
    const real = await readlink(`/proc/self/fd/${handle.fd}`)
    if (real === path && (kind === 'file' ? stat.isFile() : stat.isDirectory())) {
      return { handle, path, size: stat.size, at: Math.floor(stat.mtimeMs) }
    }
    await handle.close()
    if (real === `${path} (deleted)`) return undefined
  } catch (error) {
    await handle.close()
    throw error
  }
  throw new TreeFlaw('symbolic-link', `a ${kind} was expected, not a symbolic link or something else`)
}

async function openThere(path: string, mode: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, mode)
  } catch (error) {
    const code = errnoOf(error) ?? 'unknown reason'
    if (code === 'ENOENT' || code === 'ENAMETOOLONG') return undefined
    if (code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO') {
      throw new TreeFlaw('symbolic-link', 'something else was expected than what is there', error)
    }
    throw new TreeFlaw('unreadable', `it cannot be opened (${code})`, error)
  }
}

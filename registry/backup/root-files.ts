import { type Dirent } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { entriesIn } from '../storage/entries-in.ts'
import { type BackupPart, backupParts } from './backup-parts.ts'
import { backupLimits } from './limits.ts'
import type { BackupFile } from './manifest.ts'

/** A small file of the data folder with its bytes. */
export interface RootFile extends BackupFile {
  readonly bytes: Uint8Array
}

/** Files are replaced by renaming, so that one may be gone when its turn comes: then all is listed again, so often. */
const tries = 5

/** All small files of the parts of the data folder, in the order of their paths. Errors: STORE_INVALID for too large ones, those of reading. */
export async function readRootFiles(
  root: string,
  parts: readonly BackupPart[] = backupParts,
): Promise<readonly RootFile[]> {
  for (let left = tries; ; left--) {
    try {
      return await readOnce(root, parts)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || left === 1) throw error
    }
  }
}

async function readOnce(root: string, parts: readonly BackupPart[]): Promise<readonly RootFile[]> {
  const small = parts.filter(({ kind }) => kind === 'tree' || kind === 'files')
  const listed = await Promise.all(small.map(({ path, kind }) => listFiles(root, path, kind === 'tree')))
  const paths = [...new Set(listed.flat())].sort()
  const files: RootFile[] = []
  let size = 0
  for (const path of paths) {
    const file = await readFile(root, path)
    size += file.bytes.byteLength
    if (size > backupLimits.files || files.length >= backupLimits.fileCount)
      throw tooMuch(path, 'too many files for a backup lie there')
    files.push(file)
  }
  return files
}

/** Paths below the root; none where there is no such folder. Names that no restored file has are left out: they are no ones of ours. */
async function listFiles(root: string, folder: string, isDeep: boolean): Promise<string[]> {
  const entries = await entriesIn(join(root, folder))
  const found = await Promise.all(
    entries.filter(isWanted).map(async (entry) => {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory()) return isDeep ? listFiles(root, path, true) : []
      return entry.isFile() || entry.isSymbolicLink() ? [path] : []
    }),
  )
  return found.flat()
}

/** Files that are about to get their name are not there yet. */
function isWanted({ name }: Dirent): boolean {
  return isPlainName(name) && !name.endsWith('.new')
}

/** Names that a backup can have: nothing that leads elsewhere, or that a terminal acts on. */
export function isPlainName(name: string): boolean {
  return /^[\w@+.,=~ -]{1,255}$/.test(name) && name !== '.' && name !== '..'
}

async function readFile(root: string, path: string): Promise<RootFile> {
  const handle = await open(join(root, path), 'r')
  try {
    const { size, mode } = await handle.stat()
    if (size > backupLimits.file) throw tooMuch(path, `it has ${size} bytes`)
    const bytes = await handle.readFile()
    const digest: Digest = digestOf(bytes)
    return { path, mode: mode & 0o755, digest, bytes }
  } finally {
    await handle.close()
  }
}

function tooMuch(path: string, why: string): IbuildError {
  return new IbuildError('STORE_INVALID', `${path} cannot go into a backup: ${why}`, {
    hint: `Files of the data folder beside the blobs have at most ${backupLimits.file} bytes: move it elsewhere.`,
  })
}

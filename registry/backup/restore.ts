import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import { makeFolders, mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import { syncFilesystem } from '../../shared/sys/sync-filesystem.ts'
import { type DatabaseFill, fillDatabase } from '../storage/fill-database.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { restoringPrefix } from '../storage/unfinished-restore.ts'
import { claimWorkFolder } from '../storage/work-folder.ts'
import { backupParts, leftOut } from './backup-parts.ts'
import type { ReadMember } from './members.ts'
import { makeOwnFolder } from './own-folder.ts'
import { type BackupTarget, type ReadOptions, type ReadReport, readBackup } from './read-backup.ts'
import { isPlainName, type RootFile } from './root-files.ts'
import { writeOwn } from './write-own.ts'

/**
 * Makes the data folder `root` from a backup, whole or not at all: everything is written beside, in a folder of its own that a
 * server refuses to start over, and gets its name when all of it is on the disk. What a killed process left goes. Errors:
 * STORE_INVALID where the folder is not empty; SERVER_BUSY, BACKUP_INVALID, DISK_FULL.
 */
export async function restoreBackup(
  members: AsyncIterable<ReadMember>,
  root: string,
  options: ReadOptions,
): Promise<ReadReport> {
  return mapDiskFull(async () => {
    makeOwnFolder(root)
    await checkEmpty(root)
    await using staging = await claimWorkFolder(root, restoringPrefix)
    const report = await restoreInto(staging.path, members, options)
    await syncFilesystem(root)
    // A server looks for the registry, so that is the last.
    const names = (await readdir(staging.path)).sort((a, b) => Number(a === 'registry') - Number(b === 'registry'))
    for (const name of names) await rename(join(staging.path, name), join(root, name))
    await syncPath(root)
    return report
  })
}

async function checkEmpty(root: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => !name.startsWith(`${restoringPrefix}-`) && name !== 'lost+found')
  if (names.length === 0) return
  throw new IbuildError('STORE_INVALID', `${root} is not empty: a backup is restored into an empty folder only`, {
    hint: 'Name a new folder with --root, and serve that one.',
  })
}

async function restoreInto(
  root: string,
  members: AsyncIterable<ReadMember>,
  options: ReadOptions,
): Promise<ReadReport> {
  const { folder, metadata } = registryLayout(root)
  await mkdir(folder, { mode: 0o700 })
  const database = await fillDatabase(metadata)
  try {
    return await readBackup(members, createTarget(root, database), options)
  } finally {
    await database.close()
  }
}

function createTarget(root: string, database: DatabaseFill): BackupTarget {
  const layout = registryLayout(root)
  const made = new Set<string>()
  return {
    rows: (rows) => database.put(rows),
    blob: async (digest: Digest, bytes) => {
      const { folder, file } = blobPlace(layout, digest)
      if (!made.has(folder)) makeFolders(folder, 0o700)
      made.add(folder)
      try {
        await writeOwn(file, bytes)
      } catch (error) {
        await rm(file, { force: true })
        throw error
      }
    },
    files: async (files) => {
      for (const file of files) await writeRootFile(root, file)
    },
  }
}

async function writeRootFile(root: string, { path, mode, bytes }: RootFile): Promise<void> {
  if (!isPartOfBackup(path)) {
    throw new IbuildError(
      'BACKUP_INVALID',
      `the backup has a file that no backup has: ${JSON.stringify(path.slice(0, 120))}`,
    )
  }
  const file = join(root, path)
  makeFolders(dirname(file), 0o700)
  await writeOwn(file, onePiece(bytes), mode & 0o755).catch((error: unknown) => {
    if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '')) throw error
    throw new IbuildError('BACKUP_INVALID', `the backup has ${JSON.stringify(path)} twice`, { cause: error })
  })
}

/** A file of one of the parts, by names that lead nowhere else. */
function isPartOfBackup(path: string): boolean {
  const isOther = [...backupParts, ...leftOut].some((each) => each.path === path)
  return (
    !isOther &&
    path.split('/').every(isPlainName) &&
    backupParts.some(({ path: part, kind }) => {
      if (kind === 'tree') return path.startsWith(`${part}/`)
      return kind === 'files' && dirname(path) === part
    })
  )
}

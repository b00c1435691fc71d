import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import { makeFolders, mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { syncFilesystem } from '../../shared/sys/sync-filesystem.ts'
import { type DatabaseFill, fillDatabase } from '../storage/fill-database.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { registryDatabase } from '../storage/level-metadata.ts'
import { movedFrom, movingName, restoringPrefix } from '../storage/unfinished-restore.ts'
import { claimWorkFolder, workFolders } from '../storage/work-folder.ts'
import { type BackupPart, backupParts, leftOut } from './backup-parts.ts'
import { checkFormat } from './check-format.ts'
import { invalid } from './checked-content.ts'
import type { FurtherDatabase, FurtherParts } from './further-parts.ts'
import type { ReadMember } from './members.ts'
import { makeOwnFolder } from './own-folder.ts'
import { type BackupTarget, type ReadOptions, type ReadReport, readBackup } from './read-backup.ts'
import { isPlainName, type RootFile } from './root-files.ts'
import { writeOwn } from './write-own.ts'

export interface RestoreOptions extends ReadOptions {
  /** What a backup may have beside the registry. */
  readonly further?: FurtherParts
}

/**
 * Makes the data folder `root` from a backup, whole or not at all: everything is written beside, in a folder of its own that a
 * server refuses to start over, and gets its name when all of it is on the disk. What a killed process left goes. Errors:
 * STORE_INVALID where the folder is not empty; SERVER_BUSY, BACKUP_INVALID, DISK_FULL.
 */
export async function restoreBackup(
  members: AsyncIterable<ReadMember>,
  root: string,
  options: RestoreOptions,
): Promise<ReadReport> {
  return mapDiskFull(async () => {
    makeOwnFolder(root)
    await checkEmpty(root)
    await using staging = await claimWorkFolder(root, restoringPrefix, (dead) => removeMoved(root, dead))
    const report = await restoreInto(staging.path, members, options)
    const names = await readdir(staging.path)
    if (names.length > 1) await writeFile(join(staging.path, movingName), JSON.stringify(names))
    await syncFilesystem(root)
    // A server looks for the registry, so that is the last.
    names.sort((a, b) => Number(a === 'registry') - Number(b === 'registry'))
    for (const name of names) await rename(join(staging.path, name), join(root, name))
    await syncPath(root)
    return report
  })
}

/** Takes back what a restore that was killed had in its place already, so that the next one finds an empty folder. */
async function removeMoved(root: string, dead: string): Promise<void> {
  for (const name of await movedFrom(dead)) await rm(join(root, name), { recursive: true, force: true })
}

/** Made by the disk, and by the command that restores where the folder is the home of who runs it. */
const harmless = ['lost+found', '.cache']

async function checkEmpty(root: string): Promise<void> {
  const dead = (await workFolders(root, restoringPrefix)).filter(({ isAlive }) => !isAlive)
  const moved = (await Promise.all(dead.map(({ path }) => movedFrom(path)))).flat()
  const isOurs = (name: string): boolean => name.startsWith(`${restoringPrefix}-`) || moved.includes(name)
  const names = (await readdir(root)).filter((name) => !isOurs(name) && !harmless.includes(name))
  if (names.length === 0) return
  throw new IbuildError('STORE_INVALID', `${root} is not empty: a backup is restored into an empty folder only`, {
    hint: 'Name a new folder with --root, and serve that one.',
  })
}

async function restoreInto(
  root: string,
  members: AsyncIterable<ReadMember>,
  options: RestoreOptions,
): Promise<ReadReport> {
  const { databases = [], files = [], named = () => undefined } = options.further ?? {}
  const fills = new Fills()
  try {
    return await readBackup(members, createTarget(root, { fills, databases, named, files }), options)
  } finally {
    await fills.close()
  }
}

/** Databases that are being filled, each made with its first rows. */
class Fills {
  readonly #open = new Map<string, DatabaseFill>()

  async put(folder: string, kind: DatabaseKind, rows: readonly Row[]): Promise<void> {
    const fill = this.#open.get(folder) ?? (await fillDatabase(folder, kind))
    this.#open.set(folder, fill)
    await fill.put(rows)
  }

  async close(): Promise<void> {
    for (const fill of this.#open.values()) await fill.close()
  }
}

interface Targeted {
  readonly fills: Fills
  readonly databases: readonly FurtherDatabase[]
  readonly named: (name: string) => FurtherDatabase | undefined
  readonly files: readonly BackupPart[]
}

function createTarget(root: string, { fills, databases, named, files }: Targeted): BackupTarget {
  const layout = registryLayout(root)
  const parts = [...backupParts, ...files]
  const made = new Set<string>()
  return {
    rows: (rows) => fills.put(layout.metadata, registryDatabase, rows),
    async database(name, rows) {
      const known = databases.find((one) => one.name === name) ?? named(name)
      if (known === undefined) throw invalid(`the backup has a database that no backup has: ${name}`)
      checkFormat(rows, known.kind)
      await fills.put(join(root, known.path), known.kind, rows)
    },
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
    files: async (found) => {
      for (const file of found) await writeRootFile(root, parts, file)
    },
  }
}

async function writeRootFile(
  root: string,
  parts: readonly BackupPart[],
  { path, mode, bytes }: RootFile,
): Promise<void> {
  if (!isPartOfBackup(path, parts)) {
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
function isPartOfBackup(path: string, parts: readonly BackupPart[]): boolean {
  const isOther = [...parts, ...leftOut].some((each) => each.path === path)
  return (
    !isOther &&
    path.split('/').every(isPlainName) &&
    parts.some(({ path: part, kind }) => {
      if (kind === 'tree') return path.startsWith(`${part}/`)
      return kind === 'files' && dirname(path) === part
    })
  )
}

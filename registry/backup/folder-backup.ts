import { link, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { untilAborted } from '../../shared/base/abort.ts'
import { errnoOf, IbuildError, unlessMissing } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { makeFolders, mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import { syncFilesystem } from '../../shared/sys/sync-filesystem.ts'
import { claimWorkFolder } from '../storage/work-folder.ts'
import { memberFiles } from './folder-members.ts'
import { type BackupManifest, checkHead, headText } from './manifest.ts'
import { headName, type MadeMember, manifestName } from './members.ts'
import { manifestMember, type OpenBackup } from './open-backup.ts'
import { makeOwnFolder } from './own-folder.ts'
import { writeOwn } from './write-own.ts'

export interface FolderBackupOptions {
  readonly folder: string
  /** Blobs as further names of the registry's own files: quick and without space of their own, and damaged with them. */
  readonly isLinked?: boolean
  readonly signal?: AbortSignal | undefined
  /** Is told of bytes of blobs that are done, copied or there before. */
  readonly onBytes?: (bytes: number) => void
}

/** What a backup into a folder has cost. */
export interface FolderReport {
  readonly manifest: BackupManifest
  /** What the folder did not have before; the manifest is not counted. */
  readonly added: { readonly count: number; readonly bytes: number }
  /** Files that only the backup before needed. */
  readonly removed: number
}

/** Members that are copied before their names are given to them, after one sync. */
const batch = { members: 1000, bytes: 2 ** 30 }
const atOnce = 4
const workPrefix = 'work'

/**
 * Makes a folder the backup: copies what it has not, and then lets the manifest take the place of that of the backup before,
 * which stays whole until then. One that breaks off is gone on with by the next. What nobody needs any more is removed.
 * Errors: BACKUP_INVALID for a folder with other things in it; SERVER_BUSY, DISK_FULL and those of the backup.
 */
export async function writeBackupFolder(backup: OpenBackup, options: FolderBackupOptions): Promise<FolderReport> {
  const { folder } = options
  return mapDiskFull(async () => {
    makeOwnFolder(folder)
    await checkFolder(folder)
    await using work = await claimWorkFolder(folder, workPrefix)
    const named = new Set<string>([manifestName])
    const added = { count: 0, bytes: 0 }
    for await (const members of batches(backup.members())) {
      for (const { name } of members) named.add(name)
      const copied = await copyMembers(members, { ...options, work: work.path })
      added.count += copied.length
      added.bytes += copied.reduce((sum, { size }) => sum + size, 0)
    }
    const manifest = backup.finish()
    await copyMembers([manifestMember(manifest)], { ...options, work: work.path, isReplaced: true })
    return { manifest, added, removed: await removeOthers(folder, named) }
  })
}

/** Errors: BACKUP_INVALID for a folder that has something, and no backup of this format. */
async function checkFolder(folder: string): Promise<void> {
  const head = await readFile(join(folder, headName)).catch(unlessMissing)
  if (head !== undefined) return checkHead(head)
  const names = (await readdir(folder)).filter((name) => !name.startsWith(`${workPrefix}-`))
  if (names.length === 0) return
  throw new IbuildError('BACKUP_INVALID', `${folder} has other things in it than a backup`, {
    hint: 'Name a new folder, an empty one, or that of an earlier backup.',
  })
}

/** In pieces that are synced together. */
async function* batches(members: AsyncIterable<MadeMember>): AsyncGenerator<readonly MadeMember[]> {
  let taken: MadeMember[] = []
  let bytes = 0
  for await (const member of members) {
    taken.push(member)
    bytes += member.size
    if (taken.length < batch.members && bytes < batch.bytes) continue
    yield taken
    ;[taken, bytes] = [[], 0]
  }
  yield taken
}

interface Copying extends FolderBackupOptions {
  /** Where files lie until they are synced. */
  readonly work: string
  /** Also what is there. */
  readonly isReplaced?: boolean
}

/** Gives the folder the members that it has not; those that were copied, and were what they should be. */
async function copyMembers(members: readonly MadeMember[], options: Copying): Promise<readonly MadeMember[]> {
  const { folder, work, signal, isReplaced = false, onBytes } = options
  const numbered = members.map((member, i) => ({
    member,
    target: join(folder, member.name),
    temporary: join(work, String(i)),
  }))
  const copies = await inParallel(numbered, { atOnce, signal }, async (copy) => {
    const isNew = isReplaced || !(await isThere(copy.target, copy.member))
    const isCopied = isNew && (await copyTo(copy.temporary, copy.member, options))
    if (copy.member.file !== undefined) onBytes?.(copy.member.size)
    return isCopied ? [copy] : []
  })
  const made = copies.flat()
  if (made.length > 0) await syncFilesystem(folder)
  for (const { target, temporary } of made) {
    makeFolders(dirname(target), 0o700)
    await rename(temporary, target)
  }
  if (isReplaced) await syncPath(folder)
  return made.map(({ member }) => member)
}

/** False when the source has not the bytes; nothing is left then. */
async function copyTo(temporary: string, member: MadeMember, { isLinked = false, signal }: Copying): Promise<boolean> {
  if (isLinked && member.file !== undefined && (await linkTo(temporary, member.file, member.size))) return true
  const bytes = await member.open()
  if (bytes === undefined) return false
  await writeOwn(temporary, untilAborted(bytes, signal))
  if (member.isIntact()) return true
  await rm(temporary)
  return false
}

/** False when the file is not there, or is of another size: to be looked at by who knows what it should be. */
async function linkTo(temporary: string, file: string, size: number): Promise<boolean> {
  if ((await sizeOf(file)) !== size) return false
  try {
    await link(file, temporary)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error
    throw new IbuildError('USAGE', 'hard links reach no other filesystem', {
      hint: 'Leave --hard-link out.',
      cause: error,
    })
  }
}

/** Names tell the content of all but the head, which another version may have written. */
async function isThere(target: string, { name, size }: MadeMember): Promise<boolean> {
  if (name !== headName) return (await sizeOf(target)) === size
  return (await readFile(target).catch(unlessMissing))?.equals(Buffer.from(headText())) === true
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(unlessMissing)
  return found?.isFile() === true ? found.size : undefined
}

/** Removes what no member is called; the number of files. */
async function removeOthers(folder: string, named: ReadonlySet<string>): Promise<number> {
  let removed = 0
  for await (const name of memberFiles(folder)) {
    if (named.has(name)) continue
    await rm(join(folder, name))
    removed++
  }
  return removed
}

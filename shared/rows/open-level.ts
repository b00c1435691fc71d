import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { asInteger, asObject, parseJson, required } from '../base/json.ts'
import { makeFolders, syncPath } from '../cas/disk.ts'
import { type Database, databaseError, openDatabase, openFailure, repairDatabase } from './level-database.ts'
import type { Row } from './row-store.ts'

/** Told to whoever runs the server, one line. */
export type Notify = (notice: string) => void

/** What a database is for. */
export interface DatabaseKind {
  /** What is in it, in the plural, as messages name it: `the metadata of the registry`. */
  readonly what: string
  /** The number of the format that this version writes. */
  readonly format: number
  /** What another version wrote and this one goes on with. */
  readonly formerFormats: readonly number[]
  /** Written after a repair, by which rows may be lost. */
  readonly afterRepair: readonly Row[]
  /** Hints for who finds it open elsewhere, and for who has lost it. */
  readonly whenBusy: string
  readonly whenLost: string
}

/** The row that tells the format, `{"version":N}`, in every database. */
export const formatKey = 'format'
/** For lists of files, and what comes meanwhile. */
const fewMebibytes = 2 * 1024 * 1024

/**
 * Opens the database in a folder, and makes it where there is none. A damaged one is repaired, once, and
 * `notify` told. Errors: SERVER_BUSY when another process has it open, STORE_INVALID when it cannot be repaired or is of
 * another version, DISK_FULL.
 */
export async function openOrRepair(folder: string, kind: DatabaseKind, notify: Notify): Promise<Database> {
  await makeFolder(folder, kind)
  const isHeadless = await isWithoutBeginning(folder)
  let isRepaired = isHeadless
  if (isHeadless) await repair(folder, { kind, cause: new Error('the file CURRENT is missing'), notify })
  const database = await openDatabase(folder, kind.what).catch(async (error: unknown) => {
    const failure = openFailure(error)
    if (failure === 'locked') throw await busy(folder, kind, error)
    if (failure !== 'corrupt') throw databaseError(error, kind.what)
    await repair(folder, { kind, cause: error, notify })
    isRepaired = true
    return openAgain(folder, kind)
  })
  await syncPath(folder)
  const opened = await checked(folder, kind, database)
  if (isRepaired) await opened.write(new Map(kind.afterRepair.map(({ key, value }) => [key, value])), true)
  return opened
}

/** Writes the row of the format, synced: it is the same row each time. A database that takes it is in order. */
export async function writeFormat(database: Database, { format }: DatabaseKind): Promise<void> {
  await database.write(new Map([[formatKey, JSON.stringify({ version: format })]]), true)
}

/** About how much is written when a database is opened: what is in its logs becomes tables. */
export async function bytesToOpen(folder: string): Promise<number> {
  const logs = (await readdir(folder)).filter((name) => /^\d+\.log$/.test(name))
  const sizes = await Promise.all(
    logs.map(async (name) => (await stat(`${folder}/${name}`).catch(() => undefined))?.size ?? 0),
  )
  return sizes.reduce((sum, size) => sum + size, fewMebibytes)
}

async function makeFolder(folder: string, { what }: DatabaseKind): Promise<void> {
  try {
    makeFolders(folder, 0o700)
    await syncPath(dirname(folder))
  } catch (error) {
    throw databaseError(error, what)
  }
}

/** LevelDB would take a folder without CURRENT for a new one, whatever else is in it. */
async function isWithoutBeginning(folder: string): Promise<boolean> {
  const names = await readdir(folder)
  return !names.includes('CURRENT') && names.some((name) => /^\d+\.(?:ldb|log)$/.test(name))
}

interface Repair {
  readonly kind: DatabaseKind
  readonly cause: unknown
  readonly notify: Notify
}

async function repair(folder: string, { kind, cause, notify }: Repair): Promise<void> {
  const { message } = databaseError(cause, kind.what)
  notify(`${message}; repairing ${folder}: what can still be read is kept`)
  try {
    await repairDatabase(folder)
  } catch (error) {
    throw beyondRepair(folder, kind, error)
  }
}

async function openAgain(folder: string, kind: DatabaseKind): Promise<Database> {
  try {
    return await openDatabase(folder, kind.what)
  } catch (error) {
    throw beyondRepair(folder, kind, error)
  }
}

function beyondRepair(folder: string, { what, whenLost }: DatabaseKind, cause: unknown): IbuildError {
  const reason = databaseError(cause, what).message
  return new IbuildError('STORE_INVALID', `${what} in ${folder} cannot be repaired: ${reason}`, {
    hint: whenLost,
    cause,
  })
}

async function checked(folder: string, kind: DatabaseKind, database: Database): Promise<Database> {
  try {
    const text = database.get(formatKey)
    const version = text === undefined ? undefined : versionOf(text)
    if (version === undefined || kind.formerFormats.includes(version)) await writeFormat(database, kind)
    else if (version !== kind.format) throw otherVersion(folder, kind, version)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** True when the row of the format tells of a version that this program opens. STORE_INVALID when it tells of none. */
export function isKnownFormat(text: string, { format }: DatabaseKind): boolean {
  return versionOf(text) <= format
}

function versionOf(text: string): number {
  const place = { code: 'STORE_INVALID', path: 'row "format"' } as const
  return required(asObject(parseJson(text, { what: place.path }), place), 'version', place, asInteger)
}

function otherVersion(folder: string, { what, format }: DatabaseKind, version: number): IbuildError {
  return new IbuildError('STORE_INVALID', `${what} in ${folder} are of version ${version}, not ${format}`, {
    hint: 'Use the ibuild that wrote them, or a newer one.',
  })
}

async function busy(folder: string, { what, whenBusy }: DatabaseKind, cause: unknown): Promise<IbuildError> {
  const holder = await holderOf(`${folder}/LOCK`)
  const who = holder === undefined ? 'another process' : `process ${holder}`
  return new IbuildError('SERVER_BUSY', `${who} has ${what} in ${folder} open`, { hint: whenBusy, cause })
}

/** Process and program that hold the lock on a file; undefined when the system does not say. */
async function holderOf(file: string): Promise<string | undefined> {
  try {
    const { ino } = await stat(file)
    const locks = await readFile('/proc/locks', 'utf8')
    const pid = new RegExp(`POSIX +\\S+ +WRITE +(\\d+) +[0-9a-f]+:[0-9a-f]+:${ino} `).exec(locks)?.[1]
    if (pid === undefined) return undefined
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
    return name === '' ? pid : `${pid} (${name.trim().replaceAll(/[^\x20-\x7e]/g, '?')})`
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return undefined
  }
}

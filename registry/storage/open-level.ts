import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { asInteger, asObject, parseJson, required } from '../../shared/base/json.ts'
import { makeFolders, syncPath } from '../../shared/cas/disk.ts'
import { gcStateRow } from './gc-rows.ts'
import { type Database, databaseError, openDatabase, openFailure, repairDatabase } from './level-database.ts'
import { formatKey } from './rows.ts'

/** Told to whoever runs the registry, one line. */
export type Notify = (notice: string) => void

const format = 2
/** What another version wrote and this one goes on with; what is to be written down beside is done while the registry is used. */
const formerFormats: readonly number[] = [1]
/** For lists of files, and what comes meanwhile. */
const fewMebibytes = 2 * 1024 * 1024

/**
 * Opens the database of the metadata in a folder, and makes it where there is none. A damaged one is repaired, once, and
 * `notify` told. Errors: SERVER_BUSY when another process has it open, STORE_INVALID when it cannot be repaired or is of
 * another version, DISK_FULL.
 */
export async function openOrRepair(folder: string, notify: Notify): Promise<Database> {
  await makeFolder(folder)
  const isHeadless = await isWithoutBeginning(folder)
  let isRepaired = isHeadless
  if (isHeadless) await repair(folder, new Error('the file CURRENT is missing'), notify)
  const database = await openDatabase(folder).catch(async (error: unknown) => {
    const failure = openFailure(error)
    if (failure === 'locked') throw await busy(folder, error)
    if (failure !== 'corrupt') throw databaseError(error)
    await repair(folder, error, notify)
    isRepaired = true
    return openAgain(folder)
  })
  await syncPath(folder)
  const opened = await checked(folder, database)
  if (isRepaired) await holdGarbage(opened)
  return opened
}

/** Rows may be lost: what the others say to be of no use is kept until somebody has looked. */
async function holdGarbage(database: Database): Promise<void> {
  const { key, value } = gcStateRow({ pass: 'held' })
  await database.write(new Map([[key, value]]), true)
}

/** Writes the row of the format, synced: it is the same row each time. A database that takes it is in order. */
export async function writeFormat(database: Database): Promise<void> {
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

async function makeFolder(folder: string): Promise<void> {
  try {
    makeFolders(folder, 0o700)
    await syncPath(dirname(folder))
  } catch (error) {
    throw databaseError(error)
  }
}

/** LevelDB would take a folder without CURRENT for a new one, whatever else is in it. */
async function isWithoutBeginning(folder: string): Promise<boolean> {
  const names = await readdir(folder)
  return !names.includes('CURRENT') && names.some((name) => /^\d+\.(?:ldb|log)$/.test(name))
}

async function repair(folder: string, cause: unknown, notify: Notify): Promise<void> {
  const { message } = databaseError(cause)
  notify(`${message}; repairing ${folder}: what can still be read is kept`)
  try {
    await repairDatabase(folder)
  } catch (error) {
    throw beyondRepair(folder, error)
  }
}

async function openAgain(folder: string): Promise<Database> {
  try {
    return await openDatabase(folder)
  } catch (error) {
    throw beyondRepair(folder, error)
  }
}

function beyondRepair(folder: string, cause: unknown): IbuildError {
  return new IbuildError(
    'STORE_INVALID',
    `the metadata in ${folder} cannot be repaired: ${databaseError(cause).message}`,
    {
      hint: 'Put a copy of the folder back. The blobs beside it are whole.',
      cause,
    },
  )
}

async function checked(folder: string, database: Database): Promise<Database> {
  try {
    const text = database.get(formatKey)
    const version = text === undefined ? undefined : versionOf(text)
    if (version === undefined || formerFormats.includes(version)) await writeFormat(database)
    else if (version !== format) throw otherVersion(folder, version)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** True when the row of the format tells of a version that this program opens. STORE_INVALID when it tells of none. */
export function isKnownFormat(text: string): boolean {
  return versionOf(text) <= format
}

function versionOf(text: string): number {
  const place = { code: 'STORE_INVALID', path: 'row "format"' } as const
  return required(asObject(parseJson(text, { what: place.path }), place), 'version', place, asInteger)
}

function otherVersion(folder: string, version: number): IbuildError {
  return new IbuildError('STORE_INVALID', `the metadata in ${folder} are of version ${version}, not ${format}`, {
    hint: 'Use the ibuild that wrote them, or a newer one.',
  })
}

async function busy(folder: string, cause: unknown): Promise<IbuildError> {
  const holder = await holderOf(`${folder}/LOCK`)
  const who = holder === undefined ? 'another process' : `process ${holder}`
  return new IbuildError('SERVER_BUSY', `${who} has the metadata in ${folder} open`, {
    hint: 'A running server answers commands through its admin socket: use ibuild registry, or stop it first.',
    cause,
  })
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

import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, IbuildError, unlessMissing } from '../../../shared/base/errors.ts'
import { makeFolders, mapDiskFull, syncPath } from '../../../shared/cas/disk.ts'
import type { Gun } from '../../tuf/types.ts'
import type { Remembered, RememberedContent, TrustCache } from '../../verifier/types.ts'
import { folderName } from './folder-name.ts'
import { readTrustFile, writeTrustFile } from './trust-file.ts'

/** Bytes of a file; all that a verifier takes is less. */
const mostBytes = 512 * 1024 * 1024
/** A reader who finds that the file was just replaced looks again. */
const mostLooks = 100

/**
 * Remembers collections below a folder, each in a folder of its own: one file, whose name is a number. Who changes something writes
 * the file with the next number, of which there can be only one, and removes those before it: so readers see one state or the next,
 * also after a power cut, and of several processes that change the same state one succeeds. When a server confirmed it is the time
 * of the file.
 */
export function folderTrustCache(folder: string, now: () => number = Date.now): TrustCache {
  const folderOf = (gun: Gun): string => join(folder, folderName(gun))
  return {
    load: (gun) => load(folderOf(gun), gun),
    save: (gun, content, since) => mapDiskFull(() => save(folderOf(gun), gun, { content, since, now: now() })),
    confirm: (gun, at) => confirm(folderOf(gun), at),
    remove: (gun) => rm(folderOf(gun), { recursive: true, force: true }),
  }
}

async function load(folder: string, gun: Gun): Promise<Remembered | undefined> {
  for (let looks = 0; looks < mostLooks; looks++) {
    const number = await newest(folder)
    if (number === undefined) return undefined
    const found = await readIfThere(join(folder, String(number)))
    if (found === undefined) continue
    const content = readTrustFile(gun, found.bytes)
    if (typeof content === 'string') throw damaged(gun, folder, content)
    return { ...content, confirmedAt: Math.round(found.time), revision: String(number) }
  }
  throw damaged(gun, folder, 'it changes all the time')
}

/** The file with the highest number; undefined when there is none. */
async function newest(folder: string): Promise<number | undefined> {
  const numbers = await numbersIn(folder)
  return numbers.length === 0 ? undefined : Math.max(...numbers)
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = (await readdir(folder).catch(unlessMissing)) ?? []
  return names.filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number)
}

async function readIfThere(file: string): Promise<{ readonly bytes: Buffer; readonly time: number } | undefined> {
  const found = await stat(file).catch(unlessMissing)
  if (found === undefined) return undefined
  const bytes = found.size > mostBytes ? Buffer.of() : await readFile(file).catch(unlessMissing)
  return bytes && { bytes, time: found.mtimeMs }
}

interface Change {
  readonly content: RememberedContent
  readonly since: Remembered | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

async function save(folder: string, gun: Gun, { content, since, now }: Change): Promise<boolean> {
  await makeDurably(folder)
  const number = Number(since?.revision ?? 0) + 1
  if (((await newest(folder)) ?? 0) >= number) return false
  const temporary = join(folder, `.${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    await writeSynced(temporary, writeTrustFile(gun, content), content.confirmedAt)
    if (!(await linkOnce(temporary, join(folder, String(number))))) return false
    await syncPath(folder)
  } finally {
    await rm(temporary, { force: true })
  }
  const numbers = await numbersIn(folder)
  await removeOlder(folder, Math.max(...numbers), now)
  // Another process may have gone on from a state that was removed before this one was there.
  return !numbers.some((other) => other > number)
}

/** What a killed process left is removed, too, when it is old. */
async function removeOlder(folder: string, newestNumber: number, now: number): Promise<void> {
  const long = 60 * 60 * 1000
  for (const name of await readdir(folder)) {
    const isOld = /^\d+$/.test(name) && Number(name) < newestNumber
    const made = name.startsWith('.') ? await stat(join(folder, name)).catch(unlessMissing) : undefined
    const isLeft = made !== undefined && now - made.ctimeMs > long
    if (isOld || isLeft) await rm(join(folder, name), { force: true })
  }
}

/** Makes a folder and those above it; all of their names survive a power cut. */
async function makeDurably(folder: string): Promise<void> {
  if ((await stat(folder).catch(unlessMissing)) !== undefined) return
  const parent = dirname(folder)
  await makeDurably(parent)
  makeFolders(folder, 0o700)
  await syncPath(parent)
}

async function writeSynced(file: string, bytes: Uint8Array, time: number): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.utimes(time / 1000, time / 1000)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** False when there is such a file. */
async function linkOnce(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Not durable: what is lost is only that it was confirmed once more. */
async function confirm(folder: string, at: number): Promise<void> {
  const number = await newest(folder)
  if (number === undefined) return
  await utimes(join(folder, String(number)), at / 1000, at / 1000).catch(unlessMissing)
}

function damaged(gun: Gun, folder: string, problem: string): IbuildError {
  return new IbuildError(
    'TRUST_CACHE_INVALID',
    `${gun}: what is remembered of it in ${folder} cannot be used: ${problem}`,
    {
      hint: `Compare the root keys with those of whoever signs, and remove ${folder}: then the collection is met anew.`,
    },
  )
}

import { resolve } from 'node:path'
import { Level } from 'level'
import { IbuildError } from '../base/errors.ts'
import type { RowBatch } from './commit-queue.ts'
import type { Row, RowRange, RowSnapshot } from './row-store.ts'

/** An open LevelDB; the only file that knows how it is called. Errors are mapped by {@link databaseError}. */
export interface Database {
  /** Blocks for some microseconds, more only where the disk must be asked: a thread of the pool takes ten times as long. */
  get(key: string): string | undefined
  /** A few keys as {@link Database.get}. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>
  list(range: RowRange): Promise<Row[]>
  /** Of this moment; ends with the database. */
  snapshot(): RowSnapshot
  write(batch: RowBatch, isSynced: boolean): Promise<void>
  close(): Promise<void>
}

const mebibyte = 1024 * 1024
/** Values are short, so that much is held; a table is searched less often when it is larger. */
const options = { cacheSize: 32 * mebibyte, writeBufferSize: 8 * mebibyte, maxFileSize: 8 * mebibyte }

/** Keys that are read sooner one after the other than a thread could be told of them. */
const fewKeys = 8

/** What opening failed for, where the caller can do something about it. */
export type OpenFailure = 'locked' | 'corrupt' | 'other'

/** A second try to open a folder in one process would fail, and take the lock of the first from it: such are POSIX locks. */
const openFolders = new Set<string>()

/**
 * Opens the database in a folder, which is made when it is missing. Its errors are those of the database: {@link openFailure}.
 * `what` is in it: later errors name that.
 */
export async function openDatabase(folder: string, what: string): Promise<Database> {
  const place = resolve(folder)
  if (openFolders.has(place)) throw new IbuildError('SERVER_BUSY', `this process has ${what} in ${folder} open`)
  openFolders.add(place)
  const level = new Level(folder, options)
  try {
    await level.open()
  } catch (error) {
    openFolders.delete(place)
    throw error
  }
  return {
    get: (key) => mapped(what, () => level.getSync(key)),
    getMany: async (keys) =>
      keys.length <= fewKeys
        ? mapped(what, () => keys.map((key) => level.getSync(key)))
        : mappedAsync(what, level.getMany([...keys])),
    list: (range) => mappedAsync(what, list(level, range)),
    snapshot: () => mapped(what, () => snapshotOf(level, what)),
    write: (batch, isSynced) => mappedAsync(what, level.batch([...batch].map(operation), { sync: isSynced })),
    close: async () => {
      await level.close()
      openFolders.delete(place)
    },
  }
}

/** Tries to make a damaged database one that can be opened, from what can still be read of it. */
export async function repairDatabase(folder: string): Promise<void> {
  const repair: unknown = Reflect.get(Level, 'repair') // there, but not in the types that are shared with browsers
  if (typeof repair !== 'function') throw new Error('this database cannot be repaired')
  await Reflect.apply(repair, Level, [folder])
}

export function openFailure(error: unknown): OpenFailure {
  const code = codeOf(error)
  if (code === 'LEVEL_DATABASE_NOT_OPEN' && error instanceof Error) return openFailure(error.cause)
  if (code === 'LEVEL_LOCKED') return 'locked'
  return code === 'LEVEL_CORRUPTION' ? 'corrupt' : 'other'
}

/** DISK_FULL, STORE_INVALID for what is damaged, else SYSTEM_CALL. The database tells the system's reason as text alone. */
export function databaseError(cause: unknown, what: string): IbuildError {
  if (cause instanceof IbuildError) return cause
  const text = causeText(cause)
  const told = (message: string): string => `${what} ${message} (${text})`
  if (/No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/.test(text)) {
    return new IbuildError('DISK_FULL', told('cannot be written: no space left on the disk'), { cause })
  }
  if (codeOf(cause) === 'LEVEL_CORRUPTION') return new IbuildError('STORE_INVALID', told('are damaged'), { cause })
  return new IbuildError('SYSTEM_CALL', told('cannot be read or written'), { cause })
}

type LevelSnapshot = ReturnType<Level['snapshot']>

function snapshotOf(level: Level, what: string): RowSnapshot {
  const snapshot = level.snapshot()
  return {
    list: (range) => mappedAsync(what, list(level, range, snapshot)),
    close: () => mappedAsync(what, snapshot.close()),
  }
}

async function list(
  level: Level,
  { prefix, after, limit, reverse = false }: RowRange,
  snapshot?: LevelSnapshot,
): Promise<Row[]> {
  const end = `${prefix}\u{10ffff}` // the last of all characters, which stands in no key
  const bounds = reverse
    ? { gte: prefix, lt: after ?? end }
    : { ...(after === undefined ? { gte: prefix } : { gt: after }), lt: end }
  if (limit < 1) return []
  const rows = await level.iterator({ ...bounds, limit, reverse, snapshot }).all()
  return rows.map(([key, value]) => ({ key, value }))
}

type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string }

function operation([key, value]: readonly [string, string | undefined]): Operation {
  return value === undefined ? { type: 'del', key } : { type: 'put', key, value }
}

function mapped<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw databaseError(error, what)
  }
}

async function mappedAsync<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw databaseError(error, what)
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** The message of the innermost cause. */
function causeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? causeText(error.cause) : error.message
}

import { eachPage } from '../../shared/rows/each-row.ts'
import { numberPart } from '../../shared/rows/log-rows.ts'
import type { RowKind } from '../../shared/rows/row-kind.ts'
import type { Change, Row, RowStore } from '../../shared/rows/row-store.ts'
import type { TrashEntry } from '../run/types.ts'
import {
  dueRows,
  endedRows,
  keptRows,
  keyPart,
  ofRows,
  partsOfEntry,
  removingRows,
  totalRows,
  trashRows,
} from './rows.ts'
import type { Ending, TrashTotal } from './types.ts'

const mostTold = 1000
const nothing: TrashTotal = { entries: 0, bytes: 0 }

export interface TrashMoves {
  readonly add?: readonly TrashEntry[]
  /** Entries that leave the trash, and how; undefined for those whose removal did not happen. */
  readonly remove?: readonly { readonly entry: TrashEntry; readonly ending: Ending | undefined }[]
}

/** What changes when entries come or leave: all rows of them, and the total. To be made before the next one is asked for. */
export async function trashChange(rows: RowStore, { add = [], remove = [] }: TrashMoves): Promise<Change> {
  const key = totalRows.key('trash')
  const value = await rows.get(key)
  const before = value === undefined ? nothing : totalRows.parse(key, value)
  const left = remove.map(({ entry }) => entry)
  const total = {
    entries: before.entries + add.length - left.length,
    bytes: before.bytes + bytesOf(add) - bytesOf(left),
  }
  const endings = remove.flatMap(({ entry, ending }) => (ending === undefined ? [] : [endedRow(entry, ending)]))
  return {
    put: [...add.flatMap(rowsOf), ...endings, totalRows.row(['trash'], total)],
    remove: left.flatMap((entry) => [...rowsOf(entry), removingRow(entry)]).map((row) => row.key),
    expect: [{ key, value }],
  }
}

/** What changes when a removal is known to have happened. */
export function trashedChange(entries: readonly TrashEntry[]): Change {
  return {
    put: entries.map((entry) => entryRow({ ...entry, state: 'trashed' })),
    remove: entries.map((entry) => removingRow(entry).key),
  }
}

/** Undefined when it is not in the trash. */
export async function findEntry(rows: RowStore, id: string): Promise<TrashEntry | undefined> {
  const parts = partsOfEntry(id)
  if (parts === undefined) return undefined
  const key = trashRows.key(parts.run, parts.number)
  const value = await rows.get(key)
  return value === undefined ? undefined : trashRows.parse(key, value)
}

/** The same for several, in their order. */
export async function entriesByID(
  rows: RowStore,
  ids: readonly string[],
): Promise<readonly (TrashEntry | undefined)[]> {
  return valuesOf(rows, ids, trashRows)
}

/** How entries left the trash; undefined for those that are there, or never were. */
export async function endingsOf(rows: RowStore, ids: readonly string[]): Promise<readonly (Ending | undefined)[]> {
  return valuesOf(rows, ids, endedRows)
}

async function valuesOf<Value>(
  rows: RowStore,
  ids: readonly string[],
  kind: RowKind<[run: string, number: string], Value>,
): Promise<readonly (Value | undefined)[]> {
  const keys = ids.map((id) => {
    const { run, number } = placeOf({ id })
    return kind.key(run, number)
  })
  const values = await rows.getMany(keys)
  return keys.map((key, i) => {
    const value = values[i]
    return value === undefined ? undefined : kind.parse(key, value)
  })
}

/** How an entry left the trash; undefined when it is there, or never was. */
export async function endingOf(rows: RowStore, id: string): Promise<Ending | undefined> {
  const parts = partsOfEntry(id)
  if (parts === undefined) return undefined
  const key = endedRows.key(parts.run, parts.number)
  const value = await rows.get(key)
  return value === undefined ? undefined : endedRows.parse(key, value)
}

/** Entries of a run, in the order of the plan, page by page; all without a run. */
export async function* eachEntry(rows: RowStore, run?: string): AsyncGenerator<readonly TrashEntry[]> {
  const prefix = run === undefined ? trashRows.prefix() : trashRows.prefix(run)
  for await (const page of eachPage(rows, prefix, mostTold)) yield page.map(entryOf)
}

export interface TrashQuery {
  /** The ID of an entry: those that come behind it. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
  readonly repository?: string | undefined
}

/** Newest first. */
export async function listEntries(
  rows: RowStore,
  { after, limit = mostTold, repository }: TrashQuery,
): Promise<readonly TrashEntry[]> {
  const prefix = repository === undefined ? trashRows.prefix() : ofRows.prefix(keyPart(repository))
  const parts = after === undefined ? undefined : partsOfEntry(after)
  const from = parts === undefined ? {} : { after: `${prefix}${parts.run} ${parts.number}` }
  const most = Math.min(Math.max(0, limit), mostTold)
  const found = await rows.list({ prefix, limit: most, reverse: true, ...from })
  return repository === undefined ? found.map(entryOf) : entriesOf(rows, found)
}

/** Entries whose time is over at `now`, or the first to go whatever their time is; the earliest first. */
export async function dueEntries(
  rows: RowStore,
  { now, limit }: { readonly now: number | undefined; readonly limit: number },
): Promise<readonly TrashEntry[]> {
  const found = await rows.list({ prefix: dueRows.prefix(), limit: Math.min(limit, mostTold) })
  const isDue = ({ key }: Row): boolean => now === undefined || timeOf(key) <= now
  return entriesOf(rows, found.filter(isDue))
}

/** Entries of which nobody knows whether their items went. */
export async function removingEntries(rows: RowStore): Promise<readonly TrashEntry[]> {
  return entriesOf(rows, await rows.list({ prefix: removingRows.prefix(), limit: mostTold }))
}

/** When the next entry is to be purged. */
export async function nextPurge(rows: RowStore): Promise<number | undefined> {
  const [row] = await rows.list({ prefix: dueRows.prefix(), limit: 1 })
  return row === undefined ? undefined : timeOf(row.key)
}

export async function trashTotal(rows: RowStore): Promise<TrashTotal> {
  const key = totalRows.key('trash')
  const value = await rows.get(key)
  return value === undefined ? nothing : totalRows.parse(key, value)
}

/** Until when the trash keeps some content of a repository; undefined when it does not. */
export async function keptUntil(rows: RowStore, repository: string, digest: string): Promise<number | undefined> {
  const prefix = keptRows.prefix(keyPart(repository), keyPart(digest))
  let until: number | undefined
  for await (const page of eachPage(rows, prefix, mostTold)) {
    for (const { key, value } of page) until = Math.max(until ?? 0, keptRows.parse(key, value))
  }
  return until
}

/** True when the trash keeps some content of a repository. */
export async function isKept(rows: RowStore, repository: string, digest: string): Promise<boolean> {
  const prefix = keptRows.prefix(keyPart(repository), keyPart(digest))
  return (await rows.list({ prefix, limit: 1 })).length > 0
}

/** Entries of rows whose keys end with the parts of their IDs. */
async function entriesOf(rows: RowStore, found: readonly Row[]): Promise<readonly TrashEntry[]> {
  const keys = found.map(({ key }) => {
    const [run = '', number = ''] = key.split(' ').slice(-2)
    return trashRows.key(run, number)
  })
  const values = await rows.getMany(keys)
  return keys.flatMap((key, i) => {
    const value = values[i]
    return value === undefined ? [] : [trashRows.parse(key, value)]
  })
}

function entryOf({ key, value }: Row): TrashEntry {
  return trashRows.parse(key, value)
}

function rowsOf(entry: TrashEntry): readonly Row[] {
  const { run, number } = placeOf(entry)
  const { repository, digest, purgeAt } = entry
  return [
    entryRow(entry),
    keptRows.row([keyPart(repository), keyPart(digest), run, number], purgeAt),
    ofRows.row([keyPart(repository), run, number], true),
    dueRows.row([numberPart(purgeAt), run, number], true),
    ...(entry.state === 'removing' ? [removingRow(entry)] : []),
  ]
}

function removingRow(entry: TrashEntry): Row {
  const { run, number } = placeOf(entry)
  return removingRows.row([run, number], true)
}

function entryRow(entry: TrashEntry): Row {
  const { run, number } = placeOf(entry)
  return trashRows.row([run, number], entry)
}

function endedRow(entry: TrashEntry, ending: Ending): Row {
  const { run, number } = placeOf(entry)
  return endedRows.row([run, number], ending)
}

function placeOf({ id }: Pick<TrashEntry, 'id'>): { readonly run: string; readonly number: string } {
  const parts = partsOfEntry(id)
  if (parts === undefined) throw new Error(`no ID of an entry of the trash: ${id}`)
  return parts
}

function timeOf(key: string): number {
  return Number(key.split(' ')[1])
}

function bytesOf(entries: readonly TrashEntry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0)
}

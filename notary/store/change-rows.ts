import type { CommitTarget, RowBatch } from '../../shared/rows/commit-queue.ts'
import { numberPart } from '../../shared/rows/log-rows.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import type { ChangesQuery, CollectionChange } from './collection-types.ts'
import { changedRows, changeLog, changeRows } from './rows.ts'

/**
 * The same target, which writes with each change of the log the row that leads to it from its collection: the number of a change is
 * known only when it is written.
 */
export function withChanged(target: CommitTarget): CommitTarget {
  return {
    getMany: async (keys) => target.getMany(keys),
    list: async (range) => target.list(range),
    write: async (batch, isSynced) => target.write(withRows(batch), isSynced),
  }
}

function withRows(batch: RowBatch): RowBatch {
  const all = new Map(batch)
  for (const [key, value] of batch) {
    if (value === undefined || !key.startsWith(changeRows.prefix())) continue
    const row = changedRows.row([changeRows.parse(key, value).gun, lastPart(key)], true)
    all.set(row.key, row.value)
  }
  return all
}

/** What a publication or a removal puts into the log. */
export function loggedChange(change: Omit<CollectionChange, 'id'>): { readonly log: string; readonly value: string } {
  return { log: changeLog, value: changeRows.row([''], change).value }
}

/** Changes of all collections or of one, in the order of their numbers, also when they are read from the end. */
export async function readChanges(
  rows: Pick<RowStore, 'list' | 'getMany'>,
  query: ChangesQuery,
): Promise<CollectionChange[]> {
  const found = query.gun === undefined ? await listLog(rows, query) : await listOf(rows, { ...query, gun: query.gun })
  const changes = found.map(({ key, value }) => ({ id: Number(lastPart(key)), ...changeRows.parse(key, value) }))
  return query.isReverse ? changes.reverse() : changes
}

function listLog(rows: Pick<RowStore, 'list'>, query: ChangesQuery): Promise<readonly Row[]> {
  return rows.list(rangeOf(changeRows.prefix(), query))
}

async function listOf(
  rows: Pick<RowStore, 'list' | 'getMany'>,
  query: ChangesQuery & { readonly gun: string },
): Promise<Row[]> {
  const listed = await rows.list(rangeOf(changedRows.prefix(query.gun), query))
  const keys = listed.map(({ key }) => changeRows.key(lastPart(key)))
  const values = await rows.getMany(keys)
  return keys.flatMap((key, i) => {
    const value = values[i]
    return value === undefined ? [] : [{ key, value }]
  })
}

function rangeOf(
  prefix: string,
  { after, limit, isReverse }: ChangesQuery,
): { readonly prefix: string; readonly limit: number; readonly reverse: boolean; readonly after?: string } {
  const range = { prefix, limit, reverse: isReverse }
  if (after === undefined) return range
  const number = Math.min(Math.max(0, Math.trunc(after)), Number.MAX_SAFE_INTEGER)
  return { ...range, after: `${prefix}${numberPart(number)}` }
}

import { eachPage } from '../../shared/rows/each-row.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { endedRows, isID, runRows, trashRows } from './rows.ts'
import type { StoredRun } from './types.ts'

/** Runs that are remembered, and those that are told at once. */
const [mostRuns, mostTold] = [10_000, 1000]

export async function findRun(rows: RowStore, id: string): Promise<StoredRun | undefined> {
  if (!isID(id)) return undefined
  const key = runRows.key(id)
  const value = await rows.get(key)
  return value === undefined ? undefined : runRows.parse(key, value)
}

/** Newest first. */
export async function listRuns(rows: RowStore, limit: number): Promise<readonly StoredRun[]> {
  const most = Math.min(Math.max(0, limit), mostTold)
  const found = await rows.list({ prefix: runRows.prefix(), limit: most, reverse: true })
  return found.map(({ key, value }) => runRows.parse(key, value))
}

export function runChange(run: StoredRun): Change {
  return { put: [runRows.row([run.id], run)] }
}

/** Forgets the oldest runs of which nothing is in the trash, where there are too many. */
export async function clearRuns(rows: RowStore): Promise<void> {
  let count = 0
  for await (const page of eachPage(rows, runRows.prefix(), 1000)) count += page.length
  if (count <= mostRuns) return
  const oldest = await rows.list({ prefix: runRows.prefix(), limit: Math.min(count - mostRuns, 1000) })
  for (const { key, value } of oldest) {
    const { id } = runRows.parse(key, value)
    if ((await rows.list({ prefix: trashRows.prefix(id), limit: 1 })).length > 0) continue
    for await (const page of eachPage(rows, endedRows.prefix(id), 1000)) {
      await rows.commit({ remove: page.map((row) => row.key), isMinor: true })
    }
    await rows.commit({ remove: [key], isMinor: true })
  }
}

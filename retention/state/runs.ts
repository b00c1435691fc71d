import { eachPage } from '../../shared/rows/each-row.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import type { TrashEntry } from '../run/types.ts'
import { endedRows, isID, runRows, trashRows } from './rows.ts'
import type { Ending, StoredRun } from './types.ts'

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

/** Counts, in the runs that entries of the trash are from, how these left it. */
export async function countEndings(
  rows: RowStore,
  ended: readonly { readonly entry: TrashEntry; readonly ending: Ending }[],
): Promise<readonly Change[]> {
  const ids = [...new Set(ended.map(({ entry }) => entry.runId))]
  const runs = await Promise.all(ids.map(async (id) => findRun(rows, id)))
  return runs.flatMap((run) => {
    if (run === undefined) return []
    const of = ended.filter(({ entry }) => entry.runId === run.id)
    const count = (wanted: Ending): number => of.filter(({ ending }) => ending === wanted).length
    return [runChange({ ...run, restored: run.restored + count('restored'), purged: run.purged + count('purged') })]
  })
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

import { type AroundTarget, CommitQueue, type CommitTarget, type RowBatch } from './commit-queue.ts'
import type { Row, RowRange, RowStore } from './row-store.ts'

/** A store of rows without a disk, for tests: what is in it goes with it. Listing costs what there is. */
export function createMemoryRows(around: AroundTarget = (target) => target): RowStore {
  const rows = new Map<string, string>()
  let isClosed = false
  const target: CommitTarget = {
    getMany: (keys) => Promise.resolve(keys.map((key) => rows.get(key))),
    list: (range) => Promise.resolve(listRows(rows, range)),
    write: (batch) => {
      applyBatch(batch, rows)
      return Promise.resolve()
    },
  }
  const queue = new CommitQueue(around(target), 'group')
  return {
    get: (key) => Promise.resolve(rows.get(key)),
    getMany: (keys) => Promise.resolve(keys.map((key) => rows.get(key))),
    list: (range) => Promise.resolve(listRows(rows, range)),
    commit: (change) => queue.commit(change),
    snapshot: async () => {
      const kept = new Map(rows)
      const list: RowStore['list'] = async (range) => {
        if (isClosed) throw new Error('the store of rows is closed')
        return listRows(kept, range)
      }
      return { list, close: async () => kept.clear() }
    },
    close: () => {
      isClosed = true
      return queue.close()
    },
  }
}

/** Puts a batch into rows that are held in memory. */
export function applyBatch(batch: RowBatch, rows: Map<string, string>): void {
  for (const [key, value] of batch) {
    if (value === undefined) rows.delete(key)
    else rows.set(key, value)
  }
}

function listRows(rows: ReadonlyMap<string, string>, { prefix, after, limit, reverse = false }: RowRange): Row[] {
  const isWanted = (key: string): boolean =>
    key.startsWith(prefix) && (after === undefined || (reverse ? compare(key, after) < 0 : compare(key, after) > 0))
  const keys = [...rows.keys()].filter(isWanted).sort(compare)
  const ordered = reverse ? keys.reverse() : keys
  return ordered.slice(0, Math.max(0, limit)).map((key) => ({ key, value: rows.get(key) ?? '' }))
}

/** UTF-16, in which texts are compared otherwise, orders some characters in another way than their bytes do. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

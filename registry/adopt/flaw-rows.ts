import { readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { type FlawRow, flawRows } from '../storage/rows.ts'
import type { TreeFlaw } from './flaw.ts'

/** Flaws that are kept; there may be more, which are only counted. */
const mostFlaws = 10_000
/** Characters of a place that are kept. */
const longestPlace = 600

export interface FlawBook {
  /** Keeps a flaw, in the place of what was known there. */
  write(place: string, flaw: TreeFlaw): Promise<void>
  /** In the order of their places, which are as they are in the tree: names in them need not be names. */
  list(limit: number): Promise<readonly FlawRow[]>
  clear(): Promise<void>
}

export function createFlawBook(metadata: RowStore): FlawBook {
  /** An upper bound, as places that are known are counted again. */
  let count: number | undefined
  const prefix = flawRows.prefix()
  return {
    write: async (place, { kind, message }) => {
      count ??= (await metadata.list({ prefix, limit: mostFlaws })).length
      if (count >= mostFlaws) return
      count++
      const shown = place.slice(0, longestPlace)
      const row = flawRows.row([encodeURIComponent(shown.toWellFormed())], {
        place: shown,
        kind,
        about: message.slice(0, 500),
      })
      await metadata.commit({ put: [row], isMinor: true })
    },
    list: async (limit) => {
      const rows = await metadata.list({ prefix, limit })
      return rows.flatMap(({ key, value }) => readOrNothing<FlawRow>(flawRows, key, value) ?? [])
    },
    clear: async () => {
      count = undefined
      await removeAll(metadata, prefix)
    },
  }
}

const rowsAtOnce = 1000

/** Removes all rows whose key begins so, a part at a time. */
export async function removeAll(metadata: RowStore, prefix: string): Promise<void> {
  for (;;) {
    const rows = await metadata.list({ prefix, limit: rowsAtOnce })
    if (rows.length === 0) return
    await metadata.commit({ remove: rows.map(({ key }) => key) })
  }
}

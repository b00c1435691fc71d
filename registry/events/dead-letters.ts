import { numberPart } from '../../shared/rows/log-rows.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { deadRows } from '../storage/rows.ts'
import { countRows } from './count-rows.ts'
import type { Entry } from './entries.ts'

/** Events that a receiver could not be told; the last ones only. */
export interface DeadLetters {
  rows(entries: readonly Entry[], reason: string): readonly Row[]
  /** To be called when so many of {@link rows} were written: the oldest make room for them. */
  added(count: number): Promise<void>
}

export interface DeadLetterOptions {
  /** Of the receiver. */
  readonly name: string
  readonly metadata: RowStore
  /** Dead letters that are kept. */
  readonly most: number
  readonly now: () => number
}

/** So many are removed in one change. */
const atOnce = 100

export function createDeadLetters({ name, metadata, most, now }: DeadLetterOptions): DeadLetters {
  const prefix = deadRows.prefix(name)
  /** No fewer than there are; undefined when nobody has counted. */
  let count: number | undefined
  return {
    rows: (entries, reason) =>
      entries.map(({ number, event }) => deadRows.row([name, numberPart(number)], { event, at: now(), reason })),
    added: async (added) => {
      count = count === undefined ? undefined : count + added
      if (count !== undefined && count <= most) return
      count = await countRows(metadata, prefix)
      while (count > most) {
        const rows = await metadata.list({ prefix, limit: Math.min(atOnce, count - most) })
        if (rows.length === 0) return
        await metadata.commit({ remove: rows.map(({ key }) => key), isMinor: true })
        count -= rows.length
      }
    },
  }
}

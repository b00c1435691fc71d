import { lastNumber } from '../../shared/rows/log-rows.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { againRows, cursorRows, deadRows, eventRows } from '../storage/rows.ts'
import { eventPages } from './count-rows.ts'
import { numberOf, timeOf } from './entries.ts'

export interface Retention {
  /** Milliseconds for which events are kept that all receivers have. */
  readonly retain: number
  /** Events that are kept at most. */
  readonly limit: number
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Receivers that may still want some; of others nothing is kept. */
  readonly names: readonly string[]
}

/**
 * Removes events that all receivers are done with and that are old, or more than are to be kept; all of them where there are no
 * receivers. Costs what it removes. Resolves with their number.
 */
export async function removePassed(metadata: RowStore, { retain, limit, now, names }: Retention): Promise<number> {
  const last = await lastNumber(metadata, 'event')
  // One that has no cursor yet begins at the end.
  const cursors = [...(await storedCursors(metadata))].filter(([name]) => names.includes(name))
  const passed = Math.min(last, ...cursors.map(([, number]) => number))
  let removed = 0
  for await (const rows of eventPages(metadata, eventRows.prefix())) {
    const isGone = ({ key, value }: (typeof rows)[number]): boolean => {
      if (numberOf(key) > passed) return false
      const event = readOrNothing(eventRows, key, value)
      return (
        names.length === 0 || numberOf(key) <= last - limit || event === undefined || !(timeOf(event) > now - retain)
      )
    }
    const end = rows.findIndex((row) => !isGone(row))
    const gone = rows.slice(0, end < 0 ? rows.length : end).map(({ key }) => key)
    if (gone.length > 0) await metadata.commit({ remove: gone, isMinor: true })
    removed += gone.length
    if (end >= 0) break
  }
  return removed
}

/** Removes what is kept of receivers that are none any more: their cursors, and what waits for them or was given up. */
export async function forgetOthers(metadata: RowStore, names: readonly string[]): Promise<readonly string[]> {
  const gone = [...(await storedCursors(metadata)).keys()].filter((name) => !names.includes(name))
  for (const name of gone) {
    for (const prefix of [againRows.prefix(name), deadRows.prefix(name)]) {
      for await (const rows of eventPages(metadata, prefix)) {
        await metadata.commit({ remove: rows.map(({ key }) => key), isMinor: true })
      }
    }
    await metadata.commit({ remove: [cursorRows.key(name)], isMinor: true })
  }
  return gone
}

/** The cursors that are stored, by the names of their receivers. */
export async function storedCursors(metadata: RowStore): Promise<ReadonlyMap<string, number>> {
  const rows = await metadata.list({ prefix: cursorRows.prefix(), limit: 10_000 })
  return new Map(rows.map(({ key, value }) => [lastPart(key), cursorRows.parse(key, value).number]))
}

import type { JsonObject } from '../../shared/base/json.ts'
import { lastNumber, numberPart } from '../../shared/rows/log-rows.ts'
import { type Change, ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { againRows, cursorRows, eventRows } from '../storage/rows.ts'
import type { DeadLetters } from './dead-letters.ts'
import { type Entry, numberOf, readEntries } from './entries.ts'

/** What is next for a receiver. */
export interface Batch {
  /** Those that it wants, in their order; it may be none of those that were looked at. */
  readonly entries: readonly Entry[]
  /** All that was looked at is done with; where a power cut takes that back, it is sent again. Nothing happens when the place of the receiver was set anew meanwhile. */
  done(): Promise<void>
  /** The same, as far as the first `count` entries go; these become dead letters. */
  bury(count: number, reason: string): Promise<void>
}

/** The events that one receiver does not have yet: first those that it gets once more, then those of the log after its cursor. */
export interface Backlog {
  /** Puts the cursor at the end of the log where there is none. */
  begin(): Promise<void>
  /** At most so many events are looked at. Undefined when there is none. */
  next(most: number): Promise<Batch | undefined>
}

export interface BacklogOptions {
  /** Of the receiver. */
  readonly name: string
  readonly metadata: RowStore
  readonly wants: (event: JsonObject) => boolean
  readonly deadLetters: DeadLetters
}

/** What marks everything up to the row under a key as done with. */
type PassTo = (key: string) => Change

export function createBacklog({ name, metadata, wants, deadLetters }: BacklogOptions): Backlog {
  const cursorKey = cursorRows.key(name)

  const batchOf = ({ entries, keys }: ReturnType<typeof readEntries>, passTo: PassTo): Batch => {
    const last = keys.at(-1) ?? ''
    return {
      entries,
      done: async () => void (await isMade(metadata, { ...passTo(last), isMinor: true })),
      bury: async (count, reason) => {
        const change = passTo(count < entries.length ? (entries[count - 1]?.key ?? '') : last)
        const put = [...deadLetters.rows(entries.slice(0, count), reason), ...(change.put ?? [])]
        if (await isMade(metadata, { ...change, put })) await deadLetters.added(count)
      },
    }
  }
  const nextAgain = async (most: number): Promise<Batch | undefined> => {
    const rows = await metadata.list({ prefix: againRows.prefix(name), limit: most })
    if (rows.length === 0) return undefined
    const found = readEntries(rows, againRows, () => true)
    return batchOf(found, (key) => ({ remove: found.keys.slice(0, found.keys.indexOf(key) + 1) }))
  }
  const nextInLog = async (most: number): Promise<Batch | undefined> => {
    const value = await metadata.get(cursorKey)
    if (value === undefined) {
      await begin()
      return undefined
    }
    const after = eventRows.key(numberPart(cursorRows.parse(cursorKey, value).number))
    const rows = await metadata.list({ prefix: eventRows.prefix(), after, limit: most })
    if (rows.length === 0) return undefined
    return batchOf(readEntries(rows, eventRows, wants), (key) => ({
      put: [cursorRows.row([name], { number: numberOf(key) })],
      expect: [{ key: cursorKey, value }],
    }))
  }
  const begin = async (): Promise<void> => {
    const value = await metadata.get(cursorKey)
    const number = await lastNumber(metadata, 'event')
    // One beyond the end is of a log that was lost.
    if (value !== undefined && cursorRows.parse(cursorKey, value).number <= number) return
    await isMade(metadata, { put: [cursorRows.row([name], { number })], expect: [{ key: cursorKey, value }] })
  }
  return {
    begin,
    next: async (most) => (await nextAgain(most)) ?? nextInLog(most),
  }
}

/** False when somebody else was faster. */
async function isMade(metadata: RowStore, change: Change): Promise<boolean> {
  try {
    await metadata.commit(change)
    return true
  } catch (error) {
    if (error instanceof ChangeConflict) return false
    throw error
  }
}

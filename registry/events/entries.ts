import type { JsonObject } from '../../shared/base/json.ts'
import { lastPart, type RowKind, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'

/** An event as it waits for a receiver. */
export interface Entry {
  readonly key: string
  /** Its place in the log. */
  readonly number: number
  readonly event: JsonObject
  /** The same as it is sent. */
  readonly text: string
}

export interface LookedAt {
  /** Those that are wanted. */
  readonly entries: readonly Entry[]
  /** Keys of all rows that were looked at, in their order: it may be fewer than there were. */
  readonly keys: readonly string[]
}

/** Characters of events that are sent together, unless one alone has more. */
const mostText = 1024 * 1024

/** The events in rows, as many as are sent together. Damaged ones are looked at, and nobody wants them. */
export function readEntries(
  rows: readonly Row[],
  kind: Pick<RowKind<never, JsonObject>, 'parse'>,
  wants: (event: JsonObject) => boolean,
): LookedAt {
  const entries: Entry[] = []
  const keys: string[] = []
  let length = 0
  for (const { key, value } of rows) {
    const event = readOrNothing(kind, key, value)
    if (event !== undefined && wants(event)) {
      length += value.length
      if (length > mostText && entries.length > 0) break
      entries.push({ key, number: numberOf(key), event, text: value })
    }
    keys.push(key)
  }
  return { entries, keys }
}

/** The number in the key of an event, wherever it waits. */
export function numberOf(key: string): number {
  return Number(lastPart(key))
}

/** When an event happened, in milliseconds since the epoch; NaN when that cannot be read. */
export function timeOf({ timestamp }: JsonObject): number {
  return typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN
}

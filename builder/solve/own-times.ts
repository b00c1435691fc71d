import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'
import type { LayerEntry } from '../layers/entry.ts'

/** From when to when a step could give times to files, in nanoseconds of the clock that gave them; both ends belong to it. */
export interface OwnTimes {
  readonly from: bigint
  readonly to: bigint
}

/** What programs cut times to when they copy them, in nanoseconds: archives and small tools keep seconds, others more. */
const precisions = [1_000_000_000n, 1_000_000n, 1_000n]

/**
 * True for a time that the step gave: one within its own times, or one that is but for being cut to whole seconds, milli-
 * or microseconds, as `cp -p` of some tools leaves the time of a file that is only just made. A step that gave all of
 * them the same time cut none.
 */
export function isOwnTime(mtime: bigint, { from, to }: OwnTimes): boolean {
  if (mtime > to) return false
  if (mtime >= from) return true
  return from < to && precisions.some((unit) => mtime % unit === 0n && mtime >= from - (from % unit))
}

/** The records of a diff, and the times that its making gave. */
export interface TimedDiff {
  readonly entries: Iterable<LayerEntry>
  readonly own: OwnTimes
}

/**
 * Compares the times of two diffs that are equal in all else. Two times are the same when they are equal to the
 * nanosecond, or when each was given by the step itself while it ran.
 */
export function sameTimes(a: TimedDiff, b: TimedDiff): boolean {
  const others = b.entries[Symbol.iterator]()
  for (const { mtime } of a.entries) {
    const other = others.next()
    if (other.done === true) return false
    const { mtime: time } = other.value
    if (mtime !== time && !(isOwnTime(mtime, a.own) && isOwnTime(time, b.own))) return false
  }
  return others.next().done === true
}

/** As a record keeps it. */
export function ownTimesToJson({ from, to }: OwnTimes): JsonObject {
  return { from: String(from), to: String(to) }
}

/** Undefined for anything else. */
export function ownTimesOfJson(value: JsonValue | undefined): OwnTimes | undefined {
  const [from, to] = isObject(value) ? [value['from'], value['to']].map(nanoseconds) : []
  return from === undefined || to === undefined ? undefined : { from, to }
}

function nanoseconds(value: JsonValue | undefined): bigint | undefined {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined
}

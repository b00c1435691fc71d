import { createHash } from 'node:crypto'
import type { Schedule } from '../policy/types.ts'
import { type Occurrences, occurrencesOf } from './cron.ts'

/** A run that a schedule wants. Milliseconds since the epoch. */
export interface Due {
  /** The time that the schedule names: with this one, all before are done. */
  readonly occurrence: number
  /** When to begin: later by the jitter. */
  readonly at: number
}

export interface DueFor {
  /** Until where all is done. */
  readonly handledAt: number
  readonly now: number
  /** Each schedule has another one, so that many do not begin at the same moment. */
  readonly id: string
}

/** A clock that was set back by more than this is believed: what was done in what is the future now counts no more. */
const farAhead = 86_400_000

/**
 * The next run that is to be begun: the last one that was missed, unless its window is over, or else the one to come. Undefined where a
 * schedule has an end.
 */
export function nextDue(schedule: Schedule, { handledAt, now, id }: DueFor): Due | undefined {
  if (schedule.kind === 'every') {
    const { every, jitter } = schedule
    const occurrence = Math.min(handledAt, now) + every
    return { occurrence, at: occurrence + spread(id, occurrence, Math.min(jitter, every)) }
  }
  const { cron, timezone, window = Number.POSITIVE_INFINITY } = schedule
  const occurrences = occurrencesOf(cron, timezone)
  const done = handledAt > now + farAhead ? now : handledAt
  const last = occurrences.until(now)
  const isMissed = last !== undefined && last > done && now <= last + window
  const occurrence = isMissed ? last : occurrences.after(Math.max(done, last ?? done))
  if (occurrence === undefined) return undefined
  const most = Math.min(schedule.jitter, window, gapBehind(occurrences, occurrence))
  return { occurrence, at: occurrence + spread(id, occurrence, most) }
}

function gapBehind(occurrences: Occurrences, occurrence: number): number {
  return (occurrences.after(occurrence) ?? Number.POSITIVE_INFINITY) - occurrence
}

/** Milliseconds from 0 to `most`, always the same for the same run. */
function spread(id: string, occurrence: number, most: number): number {
  if (most <= 0) return 0
  const hash = createHash('sha256').update(`${id} ${occurrence}`).digest()
  return Math.floor((hash.readUInt32BE(0) / 2 ** 32) * most)
}

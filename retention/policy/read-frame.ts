import { count, size, text } from '../../shared/config/kinds.ts'
import { isTimezone } from '../timezone.ts'
import { type Fields, fieldsOf, ofKind } from './guards.ts'
import { note, placeAt, type Read } from './place.ts'
import type { CheckCron } from './problem.ts'
import type { Limits, Policy, Schedule } from './types.ts'
import { anyAge, everyMinutes, line, orNone, percent, someAge } from './values.ts'

const [hour, day] = [3_600_000, 86_400_000]
const longestTrash = 10 * 365

export const standardTrash: Policy['trash'] = { keep: 7 * day, purgeOnDiskBelow: 0 }

export const standardLimits: Limits = {
  maxTags: 500,
  maxPercentPerRepo: 30,
  maxBytes: undefined,
  minRemainingPerRepo: 1,
  planLife: hour,
}

/** When it runs: by `cron`, or each `everyMinutes`. */
export function readSchedule(checkCron: CheckCron): Read<Schedule> {
  return (value, place) => {
    const fields = fieldsOf(value, place, ['cron', 'timezone', 'window', 'everyMinutes', 'jitter'])
    if (fields === undefined) return undefined
    const jitter = fields.get('jitter', anyAge) ?? 0
    if (fields.has('cron') && fields.has('everyMinutes'))
      return note(place, 'has cron and everyMinutes: write one of them')
    if (fields.has('cron')) return readCron(fields, jitter, checkCron)
    for (const key of ['timezone', 'window'])
      if (fields.has(key)) note(placeAt(place, key), 'belongs to cron, and there is none')
    if (!fields.has('everyMinutes'))
      return note(place, 'has neither cron nor everyMinutes: leave it out, or write one of them')
    const every = fields.get('everyMinutes', everyMinutes)
    return every === undefined ? undefined : { kind: 'every', every, jitter }
  }
}

function readCron(fields: Fields, jitter: number, checkCron: CheckCron): Schedule | undefined {
  const timezone = fields.has('timezone') ? fields.get('timezone', timezoneName) : 'UTC'
  const window = fields.get('window', someAge)
  const cron = fields.get('cron', line(200))
  const problem = cron === undefined ? undefined : checkCron(cron, timezone ?? 'UTC')
  if (problem !== undefined) note(placeAt(fields.place, 'cron'), problem)
  return cron === undefined || timezone === undefined ? undefined : { kind: 'cron', cron, timezone, window, jitter }
}

const timezoneName = ofKind(text, (name) =>
  isTimezone(name)
    ? undefined
    : `there is no timezone ${JSON.stringify(name.slice(0, 80))}: write one such as Europe/London`,
)

/** How long what was removed can come back. */
export const readTrash: Read<Policy['trash']> = (value, place) => {
  const fields = fieldsOf(value, place, ['days', 'keep', 'purgeOnDiskBelow'])
  if (fields === undefined) return undefined
  if (fields.has('days') && fields.has('keep')) return note(place, 'has days and keep: write one of them')
  const days = fields.get(
    'days',
    ofKind(count, (n) => (n > longestTrash ? `is more than ${longestTrash} (ten years)` : undefined)),
  )
  const keep = fields.get('keep', anyAge) ?? (days === undefined ? standardTrash.keep : days * day)
  return { keep, purgeOnDiskBelow: fields.get('purgeOnDiskBelow', ofKind(percent)) ?? 0 }
}

/** What a plan never goes beyond; `none` lifts a limit. */
export const readLimits: Read<Limits> = (value, place) => {
  const known = ['maxTags', 'maxPercentPerRepo', 'maxBytes', 'minRemainingPerRepo', 'planTtl']
  const fields = fieldsOf(value, place, known)
  if (fields === undefined) return undefined
  const limit = (key: string, read: Read<number>, standard: number | undefined): number | undefined => {
    const found = fields.get(key, orNone(read))
    return found === undefined ? standard : found.at
  }
  return {
    maxTags: limit('maxTags', ofKind(count), standardLimits.maxTags),
    maxPercentPerRepo: limit('maxPercentPerRepo', ofKind(percent), standardLimits.maxPercentPerRepo),
    maxBytes: limit('maxBytes', ofKind(size), standardLimits.maxBytes),
    minRemainingPerRepo: limit('minRemainingPerRepo', ofKind(count), standardLimits.minRemainingPerRepo) ?? 0,
    planLife: fields.get('planTtl', someAge) ?? standardLimits.planLife,
  }
}

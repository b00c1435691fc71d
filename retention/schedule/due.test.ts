import test from 'ava'
import type { Schedule } from '../policy/types.ts'
import { checkCron, occurrencesOf } from './cron.ts'
import { nextDue } from './due.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const at = (text: string): number => Date.parse(text)
const iso = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString().replace(':00.000Z', 'Z')

function cron(text: string, parts: Partial<Extract<Schedule, { kind: 'cron' }>> = {}): Schedule {
  return { kind: 'cron', cron: text, timezone: 'UTC', window: undefined, jitter: 0, ...parts }
}

function dueAt(schedule: Schedule, handled: string, now: string): string | undefined {
  return iso(nextDue(schedule, { handledAt: at(handled), now: at(now), id: 'a' })?.at)
}

function fromThere(text: string, timezone: string, start: string, count: number): readonly (string | undefined)[] {
  const occurrences = occurrencesOf(text, timezone)
  const found: (string | undefined)[] = []
  for (let time: number | undefined = at(start); found.length < count && time !== undefined; ) {
    time = occurrences.after(time)
    found.push(iso(time))
  }
  return found
}

test('what is no cron expression is told', (t) => {
  t.is(checkCron('15 3 * * *', 'Europe/London'), undefined)
  t.is(checkCron('@daily', 'UTC'), undefined)
  t.regex(checkCron('* * * * * *', 'UTC') ?? '', /must have five fields/)
  t.regex(checkCron('2026-01-01T00:00:00Z', 'UTC') ?? '', /must have five fields/)
  t.regex(checkCron('61 * * * *', 'UTC') ?? '', /is no cron expression: Invalid value for minute: 61$/)
  t.regex(checkCron('@nightly', 'UTC') ?? '', /is no cron expression/)
  t.is(checkCron('0 0 30 2 *', 'UTC'), 'never comes')
})

test('a time that a day has not comes once, one that it has twice comes once', (t) => {
  const london = 'Europe/London'
  const spring = ['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z']
  t.deepEqual(fromThere('30 1 * * *', london, '2026-03-28T00:00Z', 3), spring)
  const autumn = ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z']
  t.deepEqual(fromThere('30 1 * * *', london, '2026-10-24T00:00Z', 3), autumn)
  const lists = ['2026-10-25T00:15Z', '2026-10-25T00:45Z', '2026-10-26T01:15Z']
  t.deepEqual(fromThere('15,45 1 * * *', london, '2026-10-24T12:00Z', 3), lists)
})

test('each hour is each hour, also when the clock shows one twice or not at all', (t) => {
  const hours = ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z']
  t.deepEqual(fromThere('30 * * * *', 'Europe/London', '2026-10-25T00:00Z', 3), hours)
  const spring = ['2026-03-29T00:30Z', '2026-03-29T01:30Z', '2026-03-29T02:30Z']
  t.deepEqual(fromThere('30 * * * *', 'Europe/London', '2026-03-29T00:00Z', 3), spring)
})

test('of runs that were missed the last is due, the others are not', (t) => {
  const nightly = cron('15 3 * * *')
  t.is(dueAt(nightly, '2026-05-01T03:15Z', '2026-05-01T12:00Z'), '2026-05-02T03:15Z')
  t.is(dueAt(nightly, '2026-05-01T03:15Z', '2026-05-09T12:00Z'), '2026-05-09T03:15Z')
  t.is(dueAt(nightly, '2026-05-09T03:15Z', '2026-05-09T12:00Z'), '2026-05-10T03:15Z')
  t.is(dueAt(nightly, '2026-05-08T03:15Z', '2026-05-09T03:15Z'), '2026-05-09T03:15Z', 'to the moment')
})

test('a missed run is due only within its window', (t) => {
  const nightly = cron('15 3 * * *', { window: 4 * hour })
  t.is(dueAt(nightly, '2026-05-01T03:15Z', '2026-05-09T07:15Z'), '2026-05-09T03:15Z')
  t.is(dueAt(nightly, '2026-05-01T03:15Z', '2026-05-09T07:16Z'), '2026-05-10T03:15Z')
})

test('an occurrence at the change of the time is missed once', (t) => {
  const london = cron('30 1 * * *', { timezone: 'Europe/London' })
  t.is(dueAt(london, '2026-03-28T01:30Z', '2026-03-29T08:00Z'), '2026-03-29T01:00Z')
  t.is(dueAt(london, '2026-03-29T01:00Z', '2026-03-29T08:00Z'), '2026-03-30T00:30Z')
  t.is(dueAt(london, '2026-10-25T00:30Z', '2026-10-25T01:30Z'), '2026-10-26T01:30Z', 'the second 01:30 of that day')
})

test('jitter is the same after each start, another one for each day and each schedule, and never beyond the next run', (t) => {
  const jittered = cron('15 3 * * *', { jitter: 10 * minute })
  const due = (id: string, now: string): ReturnType<typeof nextDue> =>
    nextDue(jittered, { handledAt: at('2026-05-01T03:15Z'), now: at(now), id })
  t.deepEqual(due('a', '2026-05-01T12:00Z'), due('a', '2026-05-02T03:10Z'))
  t.deepEqual(due('a', '2026-05-01T12:00Z'), due('a', '2026-05-02T08:00Z'), 'also when it was missed')
  const late = (id: string, now: string): number => {
    const found = due(id, now)
    return found === undefined ? -1 : found.at - found.occurrence
  }
  const ids = Array.from({ length: 50 }, (_, i) => late(`id ${i}`, '2026-05-01T12:00Z'))
  t.true(ids.every((ms) => ms >= 0 && ms < 10 * minute))
  t.true(new Set(ids).size > 40)
  t.not(late('a', '2026-05-02T12:00Z'), late('a', '2026-05-03T12:00Z'))
  const often = cron('* * * * *', { jitter: hour })
  const found = nextDue(often, { handledAt: at('2026-05-01T00:00Z'), now: at('2026-05-01T00:00Z'), id: 'a' })
  t.true((found?.at ?? 0) < at('2026-05-01T00:02Z'))
})

test('a clock that was set back repeats nothing of a day, and one that was years ahead does not stop the schedule', (t) => {
  const nightly = cron('15 3 * * *')
  t.is(dueAt(nightly, '2026-05-09T03:15Z', '2026-05-09T02:00Z'), '2026-05-10T03:15Z')
  t.is(dueAt(nightly, '2036-05-09T03:15Z', '2026-05-09T02:00Z'), '2026-05-09T03:15Z')
})

test('by minutes the next is due so long after the one before, from now on when the clock was set back', (t) => {
  const often: Schedule = { kind: 'every', every: 5 * minute, jitter: 0 }
  t.is(dueAt(often, '2026-05-09T02:00Z', '2026-05-09T02:01Z'), '2026-05-09T02:05Z')
  t.is(dueAt(often, '2026-05-09T02:00Z', '2026-05-19T02:01Z'), '2026-05-09T02:05Z')
  t.is(dueAt(often, '2036-05-09T02:00Z', '2026-05-09T02:00Z'), '2026-05-09T02:05Z')
})

test('many years without a run cost nothing', (t) => {
  const started = performance.now()
  t.is(dueAt(cron('* * * * *'), '1990-01-01T00:00Z', '2026-05-09T02:00Z'), '2026-05-09T02:00Z')
  t.is(dueAt(cron('0 0 29 2 *'), '2024-02-29T00:00Z', '2026-05-09T02:00Z'), '2028-02-29T00:00Z')
  t.true(performance.now() - started < 30 * 1000)
  t.is(nextDue(cron('0 0 1 1 *'), { handledAt: 0, now: day, id: 'a' })?.occurrence, 0 + 365 * day)
})

import { Cron } from 'croner'

/**
 * Occurrences of a cron expression in a timezone; milliseconds since the epoch. A time of day that a day has not, as summer time begins,
 * comes at once after the gap; one that a day has twice comes the first time. Minutes or hours with a wildcard come as often as the
 * clock shows them.
 */
export interface Occurrences {
  /** The first one behind a time. Undefined when none follows. */
  after(time: number): number | undefined
  /** The last one until a time, that one included. Undefined when there was none. */
  until(time: number): number | undefined
}

/** Errors: those of an expression that {@link checkCron} speaks against. */
export function occurrencesOf(cron: string, timezone: string): Occurrences {
  const known = new Cron(cron, { timezone, paused: true, mode: '5-part', fixedTimeRule: 'no-wildcard' })
  return {
    after: (time) => known.nextRun(new Date(time))?.getTime(),
    until: (time) =>
      known
        .previousRuns(1, new Date(time + 1))
        .at(0)
        ?.getTime(),
  }
}

/** See `CheckCron` in retention/policy. */
export function checkCron(cron: string, timezone: string): string | undefined {
  if (!/^\s*(?:@[a-z]+|\S+(?:\s+\S+){4})\s*$/i.test(cron)) {
    return `must have five fields, for minute, hour, day of month, month and day of week, such as 15 3 * * *`
  }
  try {
    return occurrencesOf(cron, timezone).after(Date.UTC(2025, 0, 1)) === undefined ? 'never comes' : undefined
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern:\s*/, '') : 'unknown reason'
    return `is no cron expression: ${why.replace(/\.$/, '')}`
  }
}

import { isIbuildError } from '../../shared/base/errors.ts'
import { runTriggers } from './disk-triggers.ts'
import { runDue } from './scheduled-runs.ts'
import type { ScheduleOptions } from './types.ts'

/** The disk, the policy and the clock are looked at so often. */
const lookEvery = 60_000
const purgeEvery = 3_600_000

/** Runs by a schedule, until it is closed. */
export interface Scheduler {
  /** Tells a run to stop between two items, and waits for it. */
  close(): Promise<void>
}

/**
 * Does what a policy wants done by itself: runs that are due, runs of triggers, and purges; one after the other. What fails is logged, and
 * tried again later.
 */
export function startScheduler(options: ScheduleOptions): Scheduler {
  const stopping = new AbortController()
  const going = keepGoing(options, stopping.signal)
  return {
    async close() {
      stopping.abort()
      await going
    },
  }
}

async function keepGoing(options: ScheduleOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options
  let purgedAt = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    const nextAt = await guarded(options, 'the schedule', () => runDue(options, signal))
    if (!signal.aborted) await guarded(options, 'triggers', () => runTriggers(options, signal))
    if (!signal.aborted && (isOver(clock.now(), purgedAt) || (await isShort(options)))) {
      purgedAt = clock.now()
      await guarded(options, 'the trash', options.purge)
    }
    const until = (nextAt ?? Number.POSITIVE_INFINITY) - clock.now()
    await clock.wait(Math.max(1, Math.min(lookEvery, until)), signal)
  }
}

/** Also when the clock was set back. */
function isOver(now: number, purgedAt: number): boolean {
  return now >= purgedAt + purgeEvery || now < purgedAt
}

/** True while the disk has less free than the policy wants. */
async function isShort(options: ScheduleOptions): Promise<boolean> {
  const { diskFree } = options
  if (diskFree === undefined) return false
  const look = async (): Promise<boolean> => {
    const { purgeOnDiskBelow } = (await options.policy()).trash
    return purgeOnDiskBelow > 0 && (await diskFree()) < purgeOnDiskBelow
  }
  return (await guarded(options, 'the disk', look)) ?? false
}

/** What fails must not end the rest. */
async function guarded<T>({ log }: ScheduleOptions, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isIbuildError(error, 'RETENTION_BUSY')) log.warn('retention could not look after something', { what, error })
    return undefined
  }
}

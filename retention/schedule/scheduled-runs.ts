import { isIbuildError } from '../../shared/base/errors.ts'
import type { Schedule } from '../policy/types.ts'
import { retryDelay } from '../retry-delay.ts'
import type { ScheduleState } from '../state/types.ts'
import { type Due, nextDue } from './due.ts'
import type { ScheduleOptions } from './types.ts'

/**
 * Begins the run that is due by a schedule, if one is; resolves to when the next one is to be begun. That a run was begun is noted before,
 * as a try that came to nothing: one that ends the process is tried again after a while, as one that fails is, never at once.
 */
export async function runDue(options: ScheduleOptions, signal: AbortSignal): Promise<number | undefined> {
  const { clock, book, policy } = options
  const { schedule } = await policy()
  const state = await stateFor(options, schedule)
  if (schedule === undefined) return undefined
  const due = dueBy(options, schedule, state)
  if (due === undefined || clock.now() < due.at) return note(options, state, due?.at)
  const isDone = await attempt(options, { ...state, lastAt: clock.now() }, signal)
  const before = await book.schedule()
  if (isDone === 'later') {
    await book.setSchedule({ ...before, failures: state.failures })
    return undefined
  }
  const handledAt = schedule.kind === 'every' ? clock.now() : due.occurrence
  const after = isDone ? { ...before, handledAt, failures: 0 } : before
  return note(options, after, dueBy(options, schedule, after)?.at)
}

/** What is known of another schedule counts no more: nothing was missed of one that is new. */
async function stateFor({ clock, book }: ScheduleOptions, schedule: Schedule | undefined): Promise<ScheduleState> {
  const state = await book.schedule()
  const text = schedule === undefined ? undefined : JSON.stringify(schedule)
  if (state.schedule === text) return state
  const now = clock.now()
  const handledAt = schedule?.kind === 'every' ? now - schedule.every : now
  const fresh = { ...state, schedule: text, handledAt, nextAt: undefined, failures: 0 }
  await book.setSchedule(fresh)
  return fresh
}

/** The next run, after failures no earlier than they are tried again. */
function dueBy({ clock, id }: ScheduleOptions, schedule: Schedule, state: ScheduleState): Due | undefined {
  const now = clock.now()
  const due = nextDue(schedule, { handledAt: state.handledAt ?? now, now, id })
  if (due === undefined || state.failures === 0) return due
  const lastAt = Math.min(state.lastAt ?? now, now)
  return { ...due, at: Math.max(due.at, lastAt + retryDelay(state.failures)) }
}

async function note(
  { book }: ScheduleOptions,
  state: ScheduleState,
  nextAt: number | undefined,
): Promise<typeof nextAt> {
  const known = await book.schedule()
  const isSame = known.nextAt === nextAt && known.handledAt === state.handledAt && known.failures === state.failures
  if (!isSame) await book.setSchedule({ ...state, triggers: known.triggers, nextAt })
  return nextAt
}

/** 'later' when something else goes on, which is no failure. */
async function attempt(
  { book, run, log }: ScheduleOptions,
  state: ScheduleState,
  signal: AbortSignal,
): Promise<boolean | 'later'> {
  await book.setSchedule({ ...state, failures: state.failures + 1 })
  try {
    const { id, state: end } = await run({ cause: 'schedule', signal })
    const isDone = end === 'done' || end === 'planned'
    if (!isDone && !signal.aborted) log.warn('a scheduled run did not come to its end, and is tried again', { run: id })
    return isDone
  } catch (error) {
    if (isIbuildError(error, 'RETENTION_BUSY')) return 'later'
    if (!signal.aborted) log.warn('a scheduled run failed, and is tried again', { error, failures: state.failures + 1 })
    return false
  }
}

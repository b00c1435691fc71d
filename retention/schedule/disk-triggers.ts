import { isIbuildError } from '../../shared/base/errors.ts'
import type { Trigger } from '../policy/types.ts'
import type { ScheduleOptions } from './types.ts'

/** What goes into the trash frees nothing for a while: until then a trigger does not begin the same again. */
const pause = 3_600_000

/**
 * Begins the runs of triggers whose disk is short. Each begins one run an hour at most, until there is more room than it asks for by a
 * fifth: then it is as if it had never begun one.
 */
export async function runTriggers(options: ScheduleOptions, signal: AbortSignal): Promise<void> {
  const { triggers } = await options.policy()
  const { diskFree } = options
  if (diskFree === undefined) return
  await forgetOthers(options, triggers)
  for (const trigger of triggers) {
    if (signal.aborted) return
    await look(options, trigger, { free: await diskFree(), signal })
  }
}

async function look(
  options: ScheduleOptions,
  trigger: Trigger,
  { free, signal }: { readonly free: number; readonly signal: AbortSignal },
): Promise<void> {
  const { path, diskFreeBelow } = trigger
  const last = (await options.book.schedule()).triggers[path]
  if (free >= diskFreeBelow + Math.max(1, diskFreeBelow / 5)) {
    if (last !== undefined) await setLast(options, path, undefined)
    return
  }
  const now = options.clock.now()
  if (free >= diskFreeBelow || (last !== undefined && last <= now && now < last + pause)) return
  await setLast(options, path, now)
  await begin(options, trigger, { free, signal })
}

async function begin(
  options: ScheduleOptions,
  { path, diskFreeBelow, run: only, order }: Trigger,
  { free, signal }: { readonly free: number; readonly signal: AbortSignal },
): Promise<void> {
  const { log, run } = options
  const cause = `trigger diskFree < ${diskFreeBelow}%`
  log.info('the disk is short: a trigger of the policy begins a run', {
    trigger: path,
    free: Math.round(free * 10) / 10,
  })
  try {
    await run({ cause, only, order, signal })
  } catch (error) {
    if (isIbuildError(error, 'RETENTION_BUSY')) await setLast(options, path, undefined)
    else if (!signal.aborted) log.warn('a run that a trigger began failed', { trigger: path, error })
  }
}

async function setLast({ book }: ScheduleOptions, path: string, at: number | undefined): Promise<void> {
  const state = await book.schedule()
  const others = Object.entries(state.triggers).filter(([other]) => other !== path)
  const triggers = Object.fromEntries(at === undefined ? others : [...others, [path, at]])
  await book.setSchedule({ ...state, triggers })
}

/** Those that the policy has no more. */
async function forgetOthers({ book }: ScheduleOptions, triggers: readonly Trigger[]): Promise<void> {
  const state = await book.schedule()
  const paths = new Set(triggers.map(({ path }) => path))
  const kept = Object.entries(state.triggers).filter(([path]) => paths.has(path))
  if (kept.length < Object.keys(state.triggers).length)
    await book.setSchedule({ ...state, triggers: Object.fromEntries(kept) })
}

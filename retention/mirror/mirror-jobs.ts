import { createSlots } from '../../shared/base/slots.ts'
import type { Log } from '../../shared/log/log.ts'
import type { Clock } from '../clock.ts'
import type { MirrorJob, Policy } from '../policy/types.ts'
import type { Mirror } from '../ports.ts'
import { retryDelay } from '../retry-delay.ts'
import type { JobBook } from '../state/jobs.ts'
import type { MirrorState } from '../state/types.ts'

/** The policy and the clock are looked at so often. */
const lookEvery = 60_000

export interface MirrorOptions {
  readonly clock: Clock
  readonly book: Pick<JobBook, 'mirrors' | 'setMirror' | 'forgetMirror'>
  /** In force now. */
  readonly policy: () => Promise<Pick<Policy, 'mirror'>>
  readonly mirror: Mirror
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** Keeps images fresh that a policy wants, one at a time, until it is closed. Nothing is ever removed. */
export interface MirrorJobs {
  /** Looks after all of them, or those of one image, now, and not only when it is time. Resolves when that is done, well or not. */
  refreshNow(image?: string): Promise<void>
  /** Ends what goes on, and waits for that. */
  close(): Promise<void>
}

export function startMirrorJobs(options: MirrorOptions): MirrorJobs {
  const stopping = new AbortController()
  const turn = createSlots(1)
  const look = async (isAsked: (job: MirrorJob) => boolean): Promise<void> =>
    turn(() => refreshDue(options, isAsked, stopping.signal))
  const going = keepGoing(options, () => look(() => false), stopping.signal)
  return {
    refreshNow: (image) => look((job) => image === undefined || job.image === image),
    async close() {
      stopping.abort()
      await going
      await turn(async () => undefined)
    },
  }
}

async function keepGoing({ clock, log }: MirrorOptions, look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await look()
    } catch (error) {
      log.warn('images that are to be kept fresh could not be looked after', { error })
    }
    await clock.wait(lookEvery, signal)
  }
}

async function refreshDue(
  options: MirrorOptions,
  isAsked: (job: MirrorJob) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { book, policy, clock } = options
  const jobs = (await policy()).mirror
  const states = new Map((await book.mirrors()).map((state) => [state.image, state]))
  const names = new Set(jobs.map(nameOf))
  for (const name of states.keys()) if (!names.has(name)) await book.forgetMirror(name)
  for (const job of jobs) {
    if (signal.aborted) return
    const state = states.get(nameOf(job))
    if (isAsked(job) || isDue(job, state, clock.now())) await refresh(options, { job, state, signal })
  }
}

/** The same image may be wanted under two names. */
function nameOf({ image, to }: MirrorJob): string {
  return to === undefined ? image : `${image} to ${to}`
}

/** Also when the clock was set back, or the job is to run more often than it was. */
function isDue({ every }: MirrorJob, state: MirrorState | undefined, now: number): boolean {
  if (state?.nextAt === undefined || state.lastAt === undefined) return true
  const isRested = state.failures > 0 || now < state.lastAt + every
  return now >= state.nextAt || now < state.lastAt || !isRested
}

interface Refresh {
  readonly job: MirrorJob
  readonly state: MirrorState | undefined
  readonly signal: AbortSignal
}

/** That it was begun is noted before, as a try that failed: one that ends the process is not repeated at once. */
async function refresh({ clock, book, mirror, log }: MirrorOptions, { job, state, signal }: Refresh): Promise<void> {
  const [image, lastAt] = [nameOf(job), clock.now()]
  const failures = (state?.failures ?? 0) + 1
  const begun = {
    image,
    lastAt,
    nextAt: lastAt + retryDelay(failures),
    digest: state?.digest,
    error: state?.error,
    failures,
  }
  await book.setMirror(begun)
  try {
    const { digest, isNew } = await mirror.refresh(job.image, job.to, signal)
    await book.setMirror({ ...begun, nextAt: lastAt + job.every, digest, error: undefined, failures: 0 })
    if (isNew) log.info('an image was copied that is kept fresh', { image, digest })
  } catch (error) {
    if (signal.aborted) return
    const message = error instanceof Error ? error.message : String(error)
    await book.setMirror({ ...begun, error: message.slice(0, 1000) })
    log.warn('an image that is to be kept fresh could not be copied', { image, error })
  }
}

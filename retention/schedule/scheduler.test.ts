import test, { type ExecutionContext } from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Policy } from '../policy/types.ts'
import type { PlanOptions, Run } from '../run/types.ts'
import { createJobBook } from '../state/jobs.ts'
import { createMemoryState } from '../state/open-state.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { startScheduler } from './scheduler.ts'
import type { ScheduleOptions } from './types.ts'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const midnight = Date.UTC(2026, 4, 9)

type Wanted = Pick<Policy, 'schedule' | 'triggers' | 'trash'>

const nightly: Wanted = {
  schedule: { kind: 'cron', cron: '15 3 * * *', timezone: 'UTC', window: undefined, jitter: 0 },
  triggers: [],
  trash: { keep: 7 * day, purgeOnDiskBelow: 0 },
}
const often: Wanted = { ...nightly, schedule: { kind: 'every', every: 5 * minute, jitter: 0 } }

interface World {
  readonly clock: FakeClock
  policy: Wanted
  free: number
  /** What was run: when, and why. */
  readonly runs: { readonly at: number; readonly options: PlanOptions }[]
  purges: number
  work: (options: PlanOptions) => Promise<Run['state']>
  readonly book: ScheduleOptions['book']
  readonly warnings: string[]
  /** Starts a process on what the one before left. */
  start(): ReturnType<typeof startScheduler>
}

function world(t: ExecutionContext, policy: Wanted, start = midnight): World {
  const clock = createFakeClock(start)
  const made: World = {
    clock,
    policy,
    free: 50,
    runs: [],
    purges: 0,
    work: async () => 'done',
    book: createJobBook(createMemoryState()),
    warnings: [],
    start() {
      const scheduler = startScheduler({
        id: 'test',
        clock,
        book: made.book,
        policy: async () => made.policy,
        run: async (options) => {
          made.runs.push({ at: clock.now(), options })
          return { id: 'run', state: await made.work(options) }
        },
        purge: async () => made.purges++,
        diskFree: async () => made.free,
        log: { info: () => undefined, warn: (message) => made.warnings.push(message) },
      })
      t.teardown(() => scheduler.close())
      return scheduler
    },
  }
  return made
}

const times = ({ runs }: World): readonly string[] => runs.map(({ at }) => new Date(at).toISOString().slice(5, 16))

test('runs come when they are due', async (t) => {
  const one = world(t, nightly)
  one.start()
  await one.clock.advanceTo(midnight + 3 * hour)
  t.deepEqual(times(one), [], 'nothing was missed of a schedule that is new')
  t.is((await one.book.schedule()).nextAt, midnight + 3 * hour + 15 * minute)
  await one.clock.advanceTo(midnight + 2 * day)
  t.deepEqual(times(one), ['05-09T03:15', '05-10T03:15'])
  t.is(one.runs[0]?.options.cause, 'schedule')
})

test('by minutes the first comes at once', async (t) => {
  const one = world(t, often)
  one.start()
  await one.clock.advanceTo(midnight + 11 * minute)
  t.deepEqual(times(one), ['05-09T00:00', '05-09T00:05', '05-09T00:10'])
})

test('a run that was missed while no process ran comes once, when one starts', async (t) => {
  const one = world(t, nightly)
  const first = one.start()
  await one.clock.advanceTo(midnight + hour)
  await first.close()
  one.clock.set(midnight + 5 * day)
  one.start()
  await one.clock.advanceTo(midnight + 5 * day + hour)
  t.deepEqual(times(one), ['05-14T00:00'])
  await one.clock.advanceTo(midnight + 5 * day + 4 * hour)
  t.deepEqual(times(one), ['05-14T00:00', '05-14T03:15'])
})

test('what ran already does not run again after a start', async (t) => {
  const one = world(t, nightly)
  const first = one.start()
  await one.clock.advanceTo(midnight + 4 * hour)
  await first.close()
  one.start()
  await one.clock.advanceTo(midnight + 20 * hour)
  t.deepEqual(times(one), ['05-09T03:15'])
})

test('another schedule has missed nothing', async (t) => {
  const one = world(t, nightly)
  one.start()
  await one.clock.advanceTo(midnight + 12 * hour)
  one.policy = {
    ...nightly,
    schedule: { ...often.schedule, kind: 'cron', cron: '0 6 * * *', timezone: 'UTC', window: undefined, jitter: 0 },
  }
  await one.clock.advanceTo(midnight + day + 7 * hour)
  t.deepEqual(times(one), ['05-09T03:15', '05-10T06:00'])
  one.policy = { ...nightly, schedule: undefined }
  await one.clock.advanceTo(midnight + 3 * day)
  t.is(one.runs.length, 2)
  t.is((await one.book.schedule()).nextAt, undefined)
})

test('never two at a time: what comes due meanwhile runs once after it', async (t) => {
  const one = world(t, often)
  const ends: (() => void)[] = []
  one.work = async () => {
    await new Promise<void>((resolve) => ends.push(resolve))
    return 'done'
  }
  one.start()
  await one.clock.advanceTo(midnight + hour)
  t.is(one.runs.length, 1)
  ends[0]?.()
  await one.clock.advanceTo(midnight + hour + 4 * minute)
  t.is(one.runs.length, 1, 'the next one is due five minutes after the end')
  await one.clock.advanceTo(midnight + hour + 6 * minute)
  t.is(one.runs.length, 2)
  ends[1]?.()
})

test('a run that fails is tried again ever more slowly, and across restarts', async (t) => {
  const one = world(t, nightly, midnight + 3 * hour)
  one.work = async () => {
    throw new Error('the registry is gone')
  }
  const first = one.start()
  await one.clock.advanceTo(midnight + 3 * hour + 20 * minute)
  t.deepEqual(times(one), ['05-09T03:15', '05-09T03:16', '05-09T03:18'])
  await first.close()
  const second = one.start()
  await one.clock.advanceTo(midnight + 3 * hour + 21 * minute)
  t.is(one.runs.length, 3, 'a start tries nothing at once')
  await one.clock.advanceTo(midnight + 3 * hour + 22 * minute)
  t.is(one.runs.length, 4)
  await second.close()
  t.true(one.warnings.length >= 4)
  one.work = async () => 'done'
  one.start()
  await one.clock.advanceTo(midnight + 12 * hour)
  t.is(one.runs.length, 5)
  t.is((await one.book.schedule()).failures, 0)
})

test('a run that ends the process is not begun at once again', async (t) => {
  const one = world(t, nightly, midnight + 3 * hour)
  one.work = () => new Promise(() => undefined) // as where the process is killed
  startKilled(one)
  await one.clock.advanceTo(midnight + 3 * hour + 15 * minute)
  t.is(one.runs.length, 1)
  one.work = async () => 'done'
  one.start()
  await one.clock.advanceTo(midnight + 3 * hour + 15 * minute + 59_000)
  t.is(one.runs.length, 1)
  await one.clock.advanceTo(midnight + 3 * hour + 17 * minute)
  t.is(one.runs.length, 2)
})

/** Nobody closes it. */
function startKilled(one: World): void {
  startScheduler({
    id: 'test',
    clock: one.clock,
    book: one.book,
    policy: async () => one.policy,
    run: async (options) => {
      one.runs.push({ at: one.clock.now(), options })
      return { id: 'run', state: await new Promise(() => undefined) }
    },
    purge: async () => undefined,
    log: { info: () => undefined, warn: () => undefined },
  })
}

test('while somebody else runs one it waits, which is no failure', async (t) => {
  const one = world(t, nightly, midnight + 3 * hour)
  let tries = 0
  one.work = async () => {
    if (++tries < 4) throw new IbuildError('RETENTION_BUSY', 'a run is going on')
    return 'done'
  }
  one.start()
  await one.clock.advanceTo(midnight + 3 * hour + 30 * minute)
  t.deepEqual(times(one), ['05-09T03:15', '05-09T03:16', '05-09T03:17', '05-09T03:18'])
  t.deepEqual(one.warnings, [])
})

test('closing tells a run to stop, and it is begun again by the next process', async (t) => {
  const one = world(t, nightly, midnight + 3 * hour)
  one.work = async ({ signal }) => {
    await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    return 'stopped'
  }
  const first = one.start()
  await one.clock.advanceTo(midnight + 3 * hour + 15 * minute)
  await first.close()
  t.is(one.runs.length, 1)
  t.deepEqual(one.warnings, [])
  one.work = async () => 'done'
  one.start()
  await one.clock.advanceTo(midnight + 5 * hour)
  t.is(one.runs.length, 2)
})

test('a policy that cannot be read is looked at again', async (t) => {
  const one = world(t, nightly)
  Object.defineProperty(one, 'policy', {
    get: () => {
      throw new Error('gone')
    },
    configurable: true,
  })
  one.start()
  await one.clock.advanceTo(midnight + 10 * minute)
  t.true(one.warnings.length >= 10)
  Object.defineProperty(one, 'policy', { value: nightly })
  await one.clock.advanceTo(midnight + 4 * hour)
  t.is(one.runs.length, 1)
})

const short: Wanted = {
  ...nightly,
  schedule: undefined,
  triggers: [{ path: 'triggers[0]', diskFreeBelow: 10, run: ['ci'], order: 'leastRecentlyPulled' }],
}

test('a trigger begins a run where the disk is short, not again and again, and again after there was room', async (t) => {
  const one = world(t, short)
  one.start()
  await one.clock.advanceTo(midnight + 10 * minute)
  t.is(one.runs.length, 0)
  one.free = 9.9
  await one.clock.advanceTo(midnight + 30 * minute)
  t.like(one.runs, {
    length: 1,
    0: { options: { only: ['ci'], order: 'leastRecentlyPulled', cause: 'trigger diskFree < 10%' } },
  })
  one.free = 11
  await one.clock.advanceTo(midnight + 32 * minute)
  one.free = 9
  await one.clock.advanceTo(midnight + 40 * minute)
  t.is(one.runs.length, 1, 'there was not enough room to begin anew')
  await one.clock.advanceTo(midnight + 80 * minute)
  t.is(one.runs.length, 2, 'still short an hour later')
  one.free = 13
  await one.clock.advanceTo(midnight + 85 * minute)
  one.free = 9
  await one.clock.advanceTo(midnight + 90 * minute)
  t.is(one.runs.length, 3)
  t.deepEqual(Object.keys((await one.book.schedule()).triggers), ['triggers[0]'])
  one.policy = nightly
  await one.clock.advanceTo(midnight + 92 * minute)
  t.deepEqual((await one.book.schedule()).triggers, {}, 'what the policy has no more is forgotten')
})

test('a trigger survives a restart, and its failure is no reason to begin it each minute', async (t) => {
  const one = world(t, short)
  one.free = 1
  one.work = async () => {
    throw new Error('no')
  }
  const first = one.start()
  await one.clock.advanceTo(midnight + 10 * minute)
  await first.close()
  one.start()
  await one.clock.advanceTo(midnight + 20 * minute)
  t.is(one.runs.length, 1)
})

test('the trash is purged each hour, and each time the disk is short', async (t) => {
  const one = world(t, { ...nightly, schedule: undefined, trash: { keep: day, purgeOnDiskBelow: 5 } })
  one.start()
  await one.clock.advanceTo(midnight + 3 * hour - 1)
  t.is(one.purges, 3)
  one.free = 4
  await one.clock.advanceTo(midnight + 3 * hour + 3 * minute - 1)
  t.is(one.purges, 6)
})

import test, { type ExecutionContext } from 'ava'
import type { MirrorJob } from '../policy/types.ts'
import type { Mirror } from '../ports.ts'
import { createJobBook } from '../state/jobs.ts'
import { createMemoryState } from '../state/open-state.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { type MirrorJobs, startMirrorJobs } from './mirror-jobs.ts'

const [minute, hour] = [60_000, 3_600_000]
const start = Date.UTC(2026, 4, 9)
const ubuntu = 'docker.io/library/ubuntu:24.04'

function job(image: string, parts: Partial<MirrorJob> = {}): MirrorJob {
  return { path: 'mirror[0]', image, to: undefined, every: hour, ...parts }
}

interface World {
  jobs: readonly MirrorJob[]
  /** What was asked for, in its order. */
  readonly asked: { readonly image: string; readonly to: string | undefined; readonly at: number }[]
  refresh: Mirror['refresh']
  readonly clock: ReturnType<typeof createFakeClock>
  readonly book: ReturnType<typeof createJobBook>
  start(): MirrorJobs
}

function world(t: ExecutionContext, jobs: readonly MirrorJob[]): World {
  const clock = createFakeClock(start)
  const made: World = {
    jobs,
    asked: [],
    refresh: async () => ({ digest: 'sha256:a', isNew: true }),
    clock,
    book: createJobBook(createMemoryState()),
    start() {
      const running = startMirrorJobs({
        clock,
        book: made.book,
        policy: async () => ({ mirror: made.jobs }),
        mirror: {
          refresh: async (image, to, signal) => {
            made.asked.push({ image, to, at: clock.now() })
            return made.refresh(image, to, signal)
          },
        },
        log: { info: () => undefined, warn: () => undefined },
      })
      t.teardown(() => running.close())
      return running
    },
  }
  return made
}

test('each image is looked after as often as its job says, also across restarts', async (t) => {
  const one = world(t, [job(ubuntu), job('quay.io/a/b:1', { to: 'b', every: 30 * minute })])
  const first = one.start()
  await one.clock.advanceTo(start + 29 * minute)
  t.deepEqual(
    one.asked.map(({ image }) => image),
    [ubuntu, 'quay.io/a/b:1'],
  )
  await first.close()
  one.start()
  await one.clock.advanceTo(start + 65 * minute)
  t.deepEqual(
    one.asked.slice(2).map(({ to }) => to),
    ['b', undefined, 'b'],
  )
  t.like(await one.book.mirrors(), {
    0: { image: ubuntu, digest: 'sha256:a', failures: 0 },
    1: { image: 'quay.io/a/b:1 to b' },
  })
})

test('one that fails is tried again ever more slowly, and the others go on', async (t) => {
  const one = world(t, [job(ubuntu), job('quay.io/a/b:1')])
  one.refresh = async (image) => {
    if (image === ubuntu) throw new Error('429: too many')
    return { digest: 'sha256:b', isNew: false }
  }
  one.start()
  await one.clock.advanceTo(start + 20 * minute)
  const tries = one.asked.filter(({ image }) => image === ubuntu).map(({ at }) => (at - start) / minute)
  t.deepEqual(tries, [0, 1, 3, 7, 15])
  t.is(one.asked.length, 6)
  t.like((await one.book.mirrors())[0], { error: '429: too many', digest: undefined, failures: 5 })
  one.refresh = async () => ({ digest: 'sha256:c', isNew: true })
  await one.clock.advanceTo(start + 32 * minute)
  t.like((await one.book.mirrors())[0], { error: undefined, digest: 'sha256:c', failures: 0 })
})

test('one at a time, also those that somebody asks for', async (t) => {
  const one = world(t, [job(ubuntu), job('quay.io/a/b:1')])
  let [now, most] = [0, 0]
  one.refresh = async () => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setImmediate(resolve))
    now--
    return { digest: 'sha256:a', isNew: false }
  }
  const running = one.start()
  await Promise.all([running.refreshNow(), running.refreshNow(ubuntu)])
  t.is(most, 1)
  t.is(one.asked.length, 5)
})

test('what no job is about any more is forgotten', async (t) => {
  const one = world(t, [job(ubuntu)])
  one.start()
  await one.clock.advanceTo(start + minute)
  one.jobs = []
  await one.clock.advanceTo(start + 3 * minute)
  t.deepEqual(await one.book.mirrors(), [])
})

test('a job that is to run more often than before does so, and a clock that was set back stops none', async (t) => {
  const one = world(t, [job(ubuntu, { every: 24 * hour })])
  one.start()
  await one.clock.advanceTo(start + 30 * minute)
  one.jobs = [job(ubuntu, { every: 10 * minute })]
  await one.clock.advanceTo(start + 31 * minute)
  t.is(one.asked.length, 2)
  one.clock.set(start - 1000 * hour)
  await one.clock.advanceTo(start - 999 * hour)
  t.true(one.asked.length > 5)
})

test('closing ends a copy, which is not one that failed', async (t) => {
  const one = world(t, [job(ubuntu)])
  one.refresh = (_image, _to, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
  const running = one.start()
  await one.clock.advanceTo(start)
  await running.close()
  t.like((await one.book.mirrors())[0], { error: undefined, lastAt: start })
})

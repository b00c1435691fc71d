import test from 'ava'
import { createPace } from './pace.ts'

/** Milliseconds that five pieces of a hundred bytes take. */
async function timeOf({ rate, isBusy = false }: { rate: number; isBusy?: boolean }): Promise<number> {
  const { signal } = new AbortController()
  const pace = createPace({
    settings: () => ({ rate }),
    isBusy: () => isBusy,
    signal,
    elapsed: () => performance.now(),
  })
  const start = performance.now()
  for (let i = 0; i < 5; i++) await pace(100)
  return performance.now() - start
}

// What is paced does not keep a process alive.
const alive = setInterval(() => undefined, 1000)
test.after.always(() => clearInterval(alive))

test('keeps to the rate, and to a quarter of it beside clients', async (t) => {
  t.true((await timeOf({ rate: 5000 })) >= 98)
  t.true((await timeOf({ rate: 5000, isBusy: true })) >= 398)
})

test('waits while the rate is 0, and ends when it is asked to', async (t) => {
  const stop = new AbortController()
  let rate = 0
  const pace = createPace({
    settings: () => ({ rate }),
    isBusy: () => false,
    signal: stop.signal,
    elapsed: () => performance.now(),
  })
  const first = pace(1)
  rate = 1e9
  await first
  rate = 0
  const waiting = pace(1)
  stop.abort()
  await t.throwsAsync(waiting, { name: 'AbortError' })
  rate = 1e9
  await t.throwsAsync(pace(1), { name: 'AbortError' })
})

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { inParallel } from './in-parallel.ts'

test('results are in the order of the items, with so many at work and no more', async (t) => {
  let running = 0
  let most = 0
  const work = async (n: number): Promise<number> => {
    most = Math.max(most, ++running)
    await sleep((n * 7) % 5)
    running--
    return n * 2
  }
  t.deepEqual(await inParallel([1, 2, 3, 4, 5, 6, 7], { atOnce: 3 }, work), [2, 4, 6, 8, 10, 12, 14])
  t.is(most, 3)
  t.deepEqual(await inParallel([], { atOnce: 3 }, work), [])
})

test('the first error stops the others, is waited for, and is what is thrown', async (t) => {
  const log: string[] = []
  const work = async (name: string, signal: AbortSignal): Promise<void> => {
    if (name === 'bad') throw new Error('bad')
    const stopped = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => stopped.resolve())
    await stopped.promise
    await sleep(10)
    log.push(`${name} stopped`)
    throw new Error('stopped')
  }
  await t.throwsAsync(inParallel(['slow', 'bad', 'never'], { atOnce: 2 }, work), { message: 'bad' })
  t.deepEqual(log, ['slow stopped'])
})

test('an abort of the caller reaches the work, and its reason is thrown', async (t) => {
  const controller = new AbortController()
  const work = async (_: number, signal: AbortSignal): Promise<void> => {
    await sleep(1)
    controller.abort(new Error('enough'))
    signal.throwIfAborted()
  }
  await t.throwsAsync(inParallel([1, 2, 3], { atOnce: 1, signal: controller.signal }, work), { message: 'enough' })
  await t.throwsAsync(inParallel([1], { atOnce: 1, signal: controller.signal }, work), { message: 'enough' })
})

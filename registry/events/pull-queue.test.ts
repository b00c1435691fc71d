import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createPullQueue } from './pull-queue.ts'

test('equal pulls of a short time are written once, others each', async (t) => {
  const written: string[][] = []
  const queue = createPullQueue({ write: async (events) => written.push([...events]) > 0, every: 20 })
  for (let i = 0; i < 100; i++) queue.add('a', () => 'event a')
  queue.add('b', () => 'event b')
  t.deepEqual(written, [], 'nobody waits for it')
  await sleep(60)
  queue.add('a', () => 'a again')
  await queue.close()
  t.deepEqual(written, [['event a', 'event b'], ['a again']])
  t.is(queue.untold, 0)
})

test('what is too much is counted, and takes no memory', async (t) => {
  const written: string[] = []
  const queue = createPullQueue({
    write: async (events) => written.push(...events) > 0,
    every: 10_000,
    most: 1000,
  })
  let made = 0
  for (let i = 0; i < 5000; i++) {
    queue.add(String(i), () => {
      made++
      return 'x'.repeat(100)
    })
  }
  t.is(made, 11)
  t.is(queue.untold, 4989)
  await queue.close()
  t.is(written.length, 11)
  queue.add('later', () => 'x')
  await queue.close()
  t.is(written.length, 12, 'there is room again')
})

for (const [title, write] of [
  ['cannot be written', async () => Promise.reject(new Error('disk full'))],
  ['may not be written', async () => false],
] as const) {
  test(`what ${title} is counted, and nobody hears of it`, async (t) => {
    const queue = createPullQueue({ write, every: 1 })
    queue.add('a', () => 'a')
    await sleep(20)
    queue.add('b', () => 'b')
    await queue.close()
    t.is(queue.untold, 2)
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { inOrder } from './in-order.ts'

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}

test('results come in the order of the items, with so many at work and no more', async (t) => {
  let running = 0
  let most = 0
  const work = async (n: number): Promise<number> => {
    most = Math.max(most, ++running)
    await sleep((n * 7) % 5)
    running--
    return n
  }
  const results: number[] = []
  for await (const n of inOrder(numbers(20), 3, work)) results.push(n)
  t.deepEqual(
    results,
    Array.from({ length: 20 }, (_, i) => i),
  )
  t.is(most, 3)
})

test('an error comes in its turn, and then nothing runs any more', async (t) => {
  const ended: number[] = []
  const work = async (n: number): Promise<number> => {
    await sleep(n === 2 ? 1 : 20)
    ended.push(n)
    if (n === 2) throw new Error('two')
    return n
  }
  const results: number[] = []
  const error = await t.throwsAsync(async () => {
    for await (const n of inOrder(numbers(9), 4, work)) results.push(n)
  })
  t.is(error?.message, 'two')
  t.deepEqual(results, [0, 1])
  t.deepEqual(
    ended.toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5],
  )
})

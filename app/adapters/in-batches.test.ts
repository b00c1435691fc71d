import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { inBatches } from './in-batches.ts'

test('requests that come while others are worked on are one batch, and each has its own result', async (t) => {
  const batches: (readonly number[])[] = []
  const double = inBatches(async (numbers: readonly number[]) => {
    batches.push(numbers)
    await setImmediate()
    return numbers.map((number) => number * 2)
  })
  const first = [double(1), double(2)]
  await setImmediate()
  const second = [double(3), double(4)]
  t.deepEqual(await Promise.all([...first, ...second]), [2, 4, 6, 8])
  t.deepEqual(batches, [
    [1, 2],
    [3, 4],
  ])
})

test('a batch that fails does not stop the next', async (t) => {
  const work = inBatches(async (words: readonly string[]) => {
    if (words.includes('bad')) throw new Error('bad')
    return words
  })
  const bad = await Promise.allSettled([work('bad'), work('good')])
  t.deepEqual(
    bad.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.is(await work('good'), 'good')
})

import test from 'ava'
import { inTime } from './in-time.ts'

test('what ends in time is what it comes to, well or not', async (t) => {
  t.is(await inTime(Promise.resolve(1), 60_000, 'late'), 1)
  await t.throwsAsync(inTime(Promise.reject(new Error('no')), 60_000, 'late'), { message: 'no' })
})

test('what does not is told so', async (t) => {
  const { promise, resolve } = Promise.withResolvers<number>()
  t.is(await inTime(promise, 5, 'late'), 'late')
  resolve(1)
})

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createSlots } from './slots.ts'

test('so many go on at a time, in order, also after one has failed', async (t) => {
  const slots = createSlots(2)
  const begun: number[] = []
  let running = 0
  let most = 0
  const work = async (n: number): Promise<number> => {
    begun.push(n)
    most = Math.max(most, ++running)
    await sleep(5)
    running--
    if (n === 1) throw new Error('one')
    return n
  }
  const all = await Promise.allSettled([0, 1, 2, 3, 4].map(async (n) => slots(async () => work(n))))
  t.deepEqual(
    all.map((each) => (each.status === 'fulfilled' ? each.value : 'failed')),
    [0, 'failed', 2, 3, 4],
  )
  t.is(most, 2)
  t.deepEqual(begun, [0, 1, 2, 3, 4])
})

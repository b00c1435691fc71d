import { setImmediate as turn } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import test from 'ava'
import { boundYoungHeap } from './young-heap.ts'

/** MiB that the young heap has after work of which much survives the next collections. */
async function grown(): Promise<number> {
  const kept: unknown[] = []
  for (let i = 0; i < 400; i++) {
    for (let n = 0; n < 5000; n++) kept[(i * 5000 + n) % 200_000] = { i, n, text: [i, n] }
    await turn()
  }
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  return (young?.space_size ?? 0) / 2 ** 20
}

test('the young heap grows to no more than twice what is enough, until it may again', async (t) => {
  const bound = boundYoungHeap()
  // Without a bound it takes the second time to grow beyond it.
  await grown()
  const bounded = await grown()
  bound[Symbol.dispose]()
  t.true(bounded > 4 && bounded <= 34, `${bounded} MiB`)
  let free = await grown()
  // V8 gives more to who allocates fast, which nobody does on a busy machine.
  for (let i = 0; i < 10 && free <= 40; i++) free = await grown()
  t.true(free > 40, `${free} MiB`)
})

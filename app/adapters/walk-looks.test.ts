import test from 'ava'
import { createWalkLooks } from './walk-looks.ts'

test('a walk has one look, which grows no older than ten seconds; without a walk each look is another one', async (t) => {
  let [made, now] = [0, 0]
  const { begin, end, look } = createWalkLooks(
    async () => ++made,
    () => now,
  )
  t.deepEqual([await look(), await look()], [1, 2])
  t.is(await begin(), 3)
  t.deepEqual([await look(), await look()], [3, 3])
  now = 10_000
  t.deepEqual([await look(), await look()], [4, 4])
  t.is(await begin(), 5, 'another walk sees what is there then')
  end()
  t.is(await look(), 5)
  end()
  t.deepEqual([await look(), await look()], [6, 7])
})

test('a walk that could not begin is none', async (t) => {
  let made = 0
  const { begin, look } = createWalkLooks(async () => {
    if (++made === 1) throw new Error('away')
    return made
  })
  await t.throwsAsync(begin, { message: 'away' })
  t.deepEqual([await look(), await look()], [2, 3])
})

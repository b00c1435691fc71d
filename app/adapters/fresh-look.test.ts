import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { createFreshLook } from './fresh-look.ts'

test('a look begins after the call, and callers share one', async (t) => {
  let [begun, state] = [0, 'before']
  const gate = Promise.withResolvers<void>()
  const look = createFreshLook(async () => {
    begun++
    const seen = state
    await gate.promise
    return seen
  })
  const first = look()
  await setImmediate()
  state = 'after'
  const others = [look(), look()]
  await setImmediate()
  t.is(begun, 1, 'one at a time')
  gate.resolve()
  t.deepEqual(await Promise.all([first, ...others]), ['before', 'after', 'after'])
  t.is(begun, 2)
})

test('a look that fails is of those alone who waited for it', async (t) => {
  let begun = 0
  const look = createFreshLook(async () => {
    if (++begun === 1) throw new Error('not now')
    return begun
  })
  const both = await Promise.allSettled([look(), look()])
  t.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.is(await look(), 2)
})

import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { createLeases, type Leases } from './leases.ts'

const [a, b] = [digestOf('a'), digestOf('b')]

function timed(most?: number): { leases: Leases; clock: { now: number; lease: number } } {
  const clock = { now: 1000, lease: 100 }
  const leases = createLeases({
    lease: () => clock.lease,
    elapsed: () => clock.now,
    ...(most !== undefined && { most }),
  })
  clock.now += clock.lease // past the start
  return { leases, clock }
}

test('a lease lasts for its time, for its repository and digest alone', (t) => {
  const { leases, clock } = timed()
  t.is(leases.take('r', a), undefined)
  clock.now += 99
  t.is(leases.left('r', a), 1)
  t.is(leases.left('r', b), 0)
  t.is(leases.left('s', a), 0)
  t.is(leases.claim('r', a), undefined)
  clock.now += 1
  t.is(leases.left('r', a), 0)
  t.truthy(leases.claim('r', a))
})

test('at first everything is leased', (t) => {
  const clock = { now: 0 }
  const leases = createLeases({ lease: () => 100, elapsed: () => clock.now })
  clock.now = 99
  t.is(leases.leftForAll(), 1)
  t.is(leases.claim('r', a), undefined)
  clock.now = 100
  t.is(leases.leftForAll(), 0)
  t.truthy(leases.claim('r', a))
})

test('work of a push keeps all leases of its repository, while it goes on and as if anew after it', async (t) => {
  const { leases, clock } = timed()
  await leases.take('r', a)
  const work = Promise.withResolvers<void>()
  const running = leases.during('r', async () => work.promise)
  clock.now += 500
  leases.prune()
  t.is(leases.left('r', a), 100)
  work.resolve()
  await running
  clock.now += 99
  t.is(leases.left('r', a), 1)
})

test('work that fails ends as well', async (t) => {
  const { leases, clock } = timed()
  await leases.take('r', a)
  await t.throwsAsync(
    leases.during('r', async () => {
      throw new Error('broken off')
    }),
  )
  clock.now += 100
  t.is(leases.left('r', a), 0)
})

test('no lease is kept for ever by others', async (t) => {
  const { leases, clock } = timed()
  await leases.take('r', a)
  for (let i = 0; i < 30; i++) {
    clock.now += 80
    await leases.take('r', b)
  }
  t.is(leases.left('r', a), 0)
  t.is(leases.left('r', b), 100)
})

test('who asks for a lease of what is being removed waits until that has ended', async (t) => {
  const { leases } = timed()
  const release = leases.claim('r', a)
  const order: string[] = []
  const waiting = leases.take('r', a)?.then(() => order.push('leased'))
  t.is(leases.take('r', b), undefined)
  await Promise.resolve()
  order.push('removed')
  release?.()
  await waiting
  t.deepEqual(order, ['removed', 'leased'])
  t.is(leases.left('r', a), 100)
})

test('who waited for one removal may have to wait for the next', async (t) => {
  const { leases } = timed()
  const first = leases.claim('r', a)
  const waiting = leases.take('r', a)
  first?.()
  const second = leases.claim('r', a)
  let isLeased = false
  const wait = async (): Promise<void> => {
    await waiting
    isLeased = true
  }
  const done = wait()
  for (let i = 0; i < 5; i++) await Promise.resolve()
  t.false(isLeased)
  second?.()
  await done
  t.is(leases.left('r', a), 100)
})

test('those that ended are forgotten', async (t) => {
  const { leases, clock } = timed()
  for (let i = 0; i < 10; i++) await leases.take(`r${i}`, a)
  t.is(leases.count, 10)
  clock.now += 60
  await leases.take('r0', b)
  clock.now += 60
  leases.prune()
  t.is(leases.count, 2)
})

test('too many are not remembered one by one: then everything is leased', async (t) => {
  const { leases, clock } = timed(3)
  for (const text of ['1', '2', '3']) await leases.take('r', digestOf(text))
  t.is(leases.leftForAll(), 0)
  clock.now += 10
  await leases.take('r', digestOf('4'))
  t.is(leases.leftForAll(), 100)
  t.is(leases.count, 1)
  t.is(leases.claim('r', digestOf('1')), undefined)
  clock.now += 100
  t.truthy(leases.claim('r', digestOf('1')))
})

import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { createSpaceGuard, type SpaceGuard, unlessDiskFull, usualReserve } from './space.ts'

const gibibyte = 2 ** 30

const reserves: readonly [string, number, number][] = [
  ['a small disk keeps its tenth part', 100, 10],
  ['so does one of 10 GiB', 10 * gibibyte, gibibyte],
  ['one of 30 GiB keeps 2 GiB', 30 * gibibyte, 2 * gibibyte],
  ['one of 40 GiB too', 40 * gibibyte, 2 * gibibyte],
  ['a large one its twentieth part', 1000 * gibibyte, 50 * gibibyte],
]
for (const [title, total, reserve] of reserves) {
  test(title, (t) => {
    t.is(usualReserve(total), reserve)
  })
}

/** A disk of 1000 bytes that keeps 100. */
function disk(free: number): { guard: SpaceGuard; state: { free: number; now: number; looks: number } } {
  const state = { free, now: 0, looks: 0 }
  const space = async (): Promise<{ free: number; total: number }> => {
    state.looks++
    return { free: state.free, total: 1000 }
  }
  return { guard: createSpaceGuard({ driver: { space }, now: () => state.now }), state }
}

test('what would leave less than the reserve is refused', async (t) => {
  const { guard } = disk(500)
  await t.notThrowsAsync(guard.check(400))
  await t.throwsAsync(guard.check(401), { code: 'UNAVAILABLE', message: /full/ })
})

test('what was promised counts until it is written or given up', async (t) => {
  const { guard, state } = disk(500)
  const first = await guard.promise(300)
  await t.throwsAsync(guard.promise(101), { code: 'UNAVAILABLE' })
  first.written(200)
  state.free -= 200
  state.now += 1000
  await t.throwsAsync(guard.promise(101), { code: 'UNAVAILABLE' })
  first.end()
  first.end()
  await t.notThrowsAsync(guard.promise(200))
})

test('the disk is asked at most twice a second, and anew when it may have changed', async (t) => {
  const { guard, state } = disk(500)
  for (let n = 0; n < 10; n++) await guard.check(1)
  t.is(state.looks, 1)
  state.now += 600
  state.free = 50
  await t.throwsAsync(guard.check(1), { code: 'UNAVAILABLE' })
  state.now -= 10_000
  state.free = 500
  await t.notThrowsAsync(guard.check(1), 'a clock that was set back does not keep the old answer')
})

test('only a full disk is told as one', async (t) => {
  const full = async (): Promise<void> => Promise.reject(new IbuildError('DISK_FULL', 'no space'))
  const error = await t.throwsAsync(unlessDiskFull(full), { code: 'UNAVAILABLE' })
  t.like(error, { status: 507 })
  await t.throwsAsync(
    unlessDiskFull(async () => Promise.reject(new Error('other'))),
    { message: 'other' },
  )
  t.is(await unlessDiskFull(async () => 7), 7)
})

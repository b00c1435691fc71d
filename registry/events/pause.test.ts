import test from 'ava'
import fc from 'fast-check'
import { longestPause, pauseAfter } from './pause.ts'

test('waits stay short up to the threshold, then double, and end somewhere', (t) => {
  const settings = { backoff: 1000, threshold: 3 }
  t.deepEqual(
    [1, 2, 3, 4, 5, 6].map((failures) => pauseAfter(failures, settings, 0)),
    [1000, 1000, 1000, 2000, 4000, 8000],
  )
  t.is(pauseAfter(1_000_000, settings, 0), longestPause)
})

test('chance takes half of a wait at most', (t) => {
  fc.assert(
    fc.property(
      fc.nat(100),
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, backoff, random) => {
        const settings = { backoff, threshold: 5 }
        const [whole, cut] = [pauseAfter(n, settings, 0), pauseAfter(n, settings, random)]
        t.true(cut <= whole && cut >= whole / 2)
      },
    ),
  )
})

import test from 'ava'
import fc from 'fast-check'
import { pairNames } from './pair-names.ts'

const sorted = fc.uniqueArray(fc.string({ maxLength: 2 })).map((names) => names.sort())

test('each name of two lists comes once, in order, with the lists that have it', (t) => {
  fc.assert(
    fc.property(sorted, sorted, (a, b) => {
      const expected = [...new Set([...a, ...b])].sort()
      t.deepEqual(
        [...pairNames(a, b)],
        expected.map((name) => ({ name, inA: a.includes(name), inB: b.includes(name) })),
      )
    }),
    { numRuns: 300 },
  )
})

import test from 'ava'
import fc from 'fast-check'
import { mergeNames } from './merge-names.ts'

const sorted = fc.uniqueArray(fc.string({ maxLength: 3 })).map((names) => names.sort())

test('names of several lists come sorted, each once', (t) => {
  fc.assert(
    fc.property(fc.array(sorted, { maxLength: 5 }), (lists) => {
      t.deepEqual([...mergeNames(lists)], [...new Set(lists.flat())].sort())
    }),
    { numRuns: 200 },
  )
})

test('no more of a list is read than is asked for', (t) => {
  let read = 0
  const endless = function* (): Generator<string> {
    for (;;) yield String(read++).padStart(6, '0')
  }
  const [first, second] = mergeNames([endless(), ['000000', 'x']])
  t.deepEqual([first, second], ['000000', '000001'])
  t.true(read <= 3)
})

import test from 'ava'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { fit } from './fit.ts'
import { type LiveStep, liveLines } from './live-lines.ts'

const rows: [text: string, end: string, columns: number, line: string][] = [
  ['short', '  1.0s', 40, 'short  1.0s'],
  ['x'.repeat(50), '  1.0s', 30, `${'x'.repeat(20)}...  1.0s`],
  ['漢'.repeat(30), '  1.0s', 30, `${'漢'.repeat(10)}...  1.0s`],
  [`${'漢'.repeat(9)}x漢漢漢`, '  1.0s', 30, `${'漢'.repeat(9)}x...  1.0s`],
  ['👨‍👩‍👧 family', '', 40, '👨‍👩‍👧 family'],
  ['a\tb\nc', '', 40, 'a    b c'],
]
for (const [text, end, columns, line] of rows) {
  test(`${JSON.stringify(text).slice(0, 20)} in ${columns} columns`, (t) => t.is(fit(text, end, columns), line))
}

test('no line is wider than the terminal, whatever its characters', (t) => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 100 }))
  fc.assert(
    fc.property(text, fc.integer({ min: 20, max: 60 }), (line, columns) => {
      t.true(stringWidth(fit(line, '  1.0s', columns)) < columns)
    }),
    { numRuns: 300 },
  )
})

function steps(count: number): LiveStep[] {
  return Array.from({ length: count }, (_, i) => ({
    title: `[${i}] RUN`,
    elapsed: 1000,
    tail: ['a', 'b', ' ', 'c', 'd', 'e', 'f', 'g'],
  }))
}

test('below a step are the last lines that it wrote, without empty ones', (t) => {
  t.deepEqual(liveLines(steps(1), { columns: 40, rows: 24 }), [
    ' > [0] RUN  1.0s',
    '   | c',
    '   | d',
    '   | e',
    '   | f',
    '   | g',
  ])
})

const screens: [count: number, rows: number, lines: number, last: string][] = [
  [4, 25, 24, '   | g'],
  [5, 25, 20, '   | g'],
  [20, 25, 20, ' > [19] RUN  1.0s'],
  [24, 25, 24, ' > [23] RUN  1.0s'],
  [30, 25, 24, ' > and 7 more steps'],
  [3, 2, 1, ' > and 3 more steps'],
  [3, 1, 1, ' > and 3 more steps'],
]
for (const [count, height, lines, last] of screens) {
  test(`${count} steps on ${height} rows are ${lines} lines`, (t) => {
    const shown = liveLines(steps(count), { columns: 40, rows: height })
    t.is(shown.length, lines)
    t.is(shown.at(-1), last)
  })
}

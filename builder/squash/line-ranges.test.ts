import test from 'ava'
import { lineRanges } from './line-ranges.ts'

const rows: readonly [lines: readonly (number | [number, number])[], wanted: string][] = [
  [[3], 'line 3 of F'],
  [[2, 3, 4], 'lines 2-4 of F'],
  [[[2, 4], 5, 9], 'lines 2-5, 9 of F'],
  [[1, 1, 1], 'line 1 of F'],
  [[1, 3, 5, 7, 9, 11, 13, 15, 17, 19], 'lines 1, 3, 5, 7, 9, 11, 13, 15 and 2 more places of F'],
]

for (const [lines, wanted] of rows) {
  test(`${JSON.stringify(lines)} are ${wanted}`, (t) => {
    const locations = lines.map((line) => {
      const [startLine, endLine] = typeof line === 'number' ? [line, line] : line
      return { file: 'F', startLine, endLine, text: '' }
    })
    t.is(lineRanges(locations), wanted)
  })
}

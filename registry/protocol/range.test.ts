import test from 'ava'
import { type ByteRange, contentRange, parseChunkRange, parseRange, uploadRange } from './range.ts'

type Expected = ByteRange | 'unsatisfiable' | undefined
const rows: readonly [header: string | undefined, size: number, expected: Expected][] = [
  [undefined, 10, undefined],
  ['bytes=500-1499', 2048, { start: 500, end: 1499 }],
  ['bytes=500-', 2048, { start: 500, end: 2047 }],
  ['bytes=-500', 2048, { start: 1548, end: 2047 }],
  ['bytes=-5000', 2048, { start: 0, end: 2047 }],
  ['bytes=2000-5000', 2048, { start: 2000, end: 2047 }],
  ['bytes=0-0', 1, { start: 0, end: 0 }],
  ['BYTES=0-0', 1, { start: 0, end: 0 }],
  ['bytes= 1 - 2', 10, { start: 1, end: 2 }],
  ['bytes=500-0', 2048, 'unsatisfiable'],
  ['bytes=5000-10000', 2048, 'unsatisfiable'],
  ['bytes=2048-', 2048, 'unsatisfiable'],
  ['bytes=-0', 2048, 'unsatisfiable'],
  ['bytes=0-0', 0, 'unsatisfiable'],
  ['bytes=-5', 0, 'unsatisfiable'],
  ['bytes=0-1,4-5', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=a-b', 10, undefined],
  ['items=0-1', 10, undefined],
  ['bytes=0x1-2', 10, undefined],
  [`bytes=0-${'9'.repeat(400)}`, 10, { start: 0, end: 9 }],
  [`bytes=${'9'.repeat(400)}-`, 10, 'unsatisfiable'],
]
for (const [header, size, expected] of rows) {
  test(`range ${header?.slice(0, 30)} of ${size}`, (t) => t.deepEqual(parseRange(header, size), expected))
}

for (const [header, expected] of [
  ['0-9', { start: 0, end: 9 }],
  ['10-10', { start: 10, end: 10 }],
  ['bytes 5-9/10', { start: 5, end: 9 }],
  ['bytes=5-9', { start: 5, end: 9 }],
  ['9-5', undefined],
  ['-5', undefined],
  ['5-', undefined],
  ['a-b', undefined],
  ['', undefined],
  [`0-${'9'.repeat(17)}`, undefined],
  [`0-${'9'.repeat(16)}`, undefined],
] as const) {
  test(`chunk ${JSON.stringify(header)}`, (t) => t.deepEqual(parseChunkRange(header), expected))
}

test('what answers say of ranges', (t) => {
  t.is(contentRange({ start: 2, end: 5 }, 10), 'bytes 2-5/10')
  t.is(contentRange('unsatisfiable', 10), 'bytes */10')
  t.deepEqual([0, 1, 2].map(uploadRange), ['0-0', '0-0', '0-1'])
})

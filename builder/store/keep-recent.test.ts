import test from 'ava'
import { type Keep, keepAlways, keepRecent } from './keep-recent.ts'

/** Readers of three things of ten bytes; what is read is noted. */
function readers(keep: Keep): { read: (() => object)[]; log: number[] } {
  const log: number[] = []
  const read = [0, 1, 2].map((number) =>
    keep(() => {
      log.push(number)
      return { value: { number }, bytes: 10 }
    }),
  )
  return { read, log }
}

const rows: [title: string, keep: () => Keep, order: number[], expected: number[]][] = [
  ['everything for ever', () => keepAlways, [0, 1, 2, 0, 1, 2], [0, 1, 2]],
  ['what fits', () => keepRecent(30), [0, 1, 2, 0, 1, 2], [0, 1, 2]],
  ['what was used last', () => keepRecent(20), [0, 1, 0, 2, 0, 1], [0, 1, 2, 1]],
  ['the last one, however large', () => keepRecent(0), [0, 0, 1, 1, 0], [0, 1, 0]],
]
for (const [title, keep, order, expected] of rows) {
  test(`remembers ${title}`, (t) => {
    const { read, log } = readers(keep())
    for (const number of order) t.deepEqual(read[number]?.(), { number })
    t.deepEqual(log, expected)
  })
}

test('what cannot be read is asked for again', (t) => {
  let calls = 0
  const read = keepRecent(10)(() => {
    calls++
    if (calls === 1) throw new Error('not there')
    return { value: { calls }, bytes: 1 }
  })
  t.throws(read, { message: 'not there' })
  t.deepEqual(read(), { calls: 2 })
})

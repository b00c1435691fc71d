import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import test from 'ava'
import { encodeLayerIndex } from './layer-index.ts'
import { manyRecords, tellManyIn } from './many-records.ts'
import { PathTable } from './path-table.ts'
import { blankEntry } from './testing/entries.ts'

function timesTold(work: () => void): number {
  let times = 0
  const count = (): void => void times++
  subscribe('ibuild.many-records', count)
  work()
  unsubscribe('ibuild.many-records', count)
  return times
}

const nameOf = (i: number): string => String(i).padStart(8, '0')

const works: readonly [what: string, work: (records: number) => void][] = [
  ['an index', (records) => encodeLayerIndex(Array.from({ length: records }, (_, i) => blankEntry(nameOf(i), 'file')))],
  [
    'a table of paths',
    (records) => {
      const paths = new PathTable()
      for (let i = 0; i < records; i++) paths.intern(nameOf(i), 0)
    },
  ],
]

test('layers are told of when one of them has many records', (t) => {
  const layers = [1, manyRecords - 1].map((entries) => ({ index: { totals: { entries } } }))
  t.is(
    timesTold(() => tellManyIn(layers)),
    0,
  )
  t.is(
    timesTold(() => tellManyIn([...layers, { index: { totals: { entries: manyRecords } } }])),
    1,
  )
})

for (const [what, work] of works) {
  test(`${what} of many records is told of once, one of few is not`, (t) => {
    t.is(
      timesTold(() => work(manyRecords - 1)),
      0,
    )
    t.is(
      timesTold(() => work(3 * manyRecords)),
      1,
    )
  })
}

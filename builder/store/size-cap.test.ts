import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { recordsOverCap } from './size-cap.ts'
import type { RecordUse } from './types.ts'

function use(name: string, layer: string | undefined, usedAt: number): RecordUse {
  const diffID = layer === undefined ? undefined : digestOf(layer)
  return { key: digestOf(name), step: name, diffID, usedAt, bytes: 1 }
}

/** Names of the records that go; each layer costs 100 bytes, each record one. */
function dropped(records: readonly RecordUse[], maxBytes: number, pinned: readonly string[] = []): string[] {
  const layers = new Set(records.flatMap(({ diffID }) => diffID ?? []))
  const total = layers.size * 100 + records.length
  const cap = { records, pinned: new Set(pinned.map((text) => digestOf(text))), costOf: () => 100, total, maxBytes }
  return recordsOverCap(cap).map(({ step }) => step)
}

const three = [use('new', 'n', 30), use('old', 'o', 10), use('middle', 'm', 20)]
const rows: [title: string, records: RecordUse[], maxBytes: number, pinned: string[], expected: string[]][] = [
  ['nothing when all fits', three, 303, [], []],
  ['the oldest when one byte is too much', three, 302, [], ['old']],
  ['as many as it takes', three, 150, [], ['old', 'middle']],
  ['all when nothing may stay', three, 0, [], ['old', 'middle', 'new']],
  ['not what an image has', three, 150, ['o'], ['middle', 'new']],
  ['not what has no layer', [...three, use('image', undefined, 1)], 250, [], ['old']],
  ['a layer is as new as its newest record', [...three, use('again', 'o', 40)], 250, [], ['middle']],
  ['a layer goes with all its records', [...three, use('again', 'o', 11)], 250, [], ['old', 'again']],
]
for (const [title, records, maxBytes, pinned, expected] of rows) {
  test(`under a cap goes ${title}`, (t) => t.deepEqual(dropped(records, maxBytes, pinned), expected))
}

test('the cap is kept whenever no image has the layers, and nothing goes that need not', (t) => {
  const record = fc.record({ layer: fc.integer({ min: 0, max: 9 }), usedAt: fc.nat(100) })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), fc.nat(1200), (sketches, maxBytes) => {
      const records = sketches.map(({ layer, usedAt }, i) => use(`${i}`, `${layer}`, usedAt))
      const gone = new Set(dropped(records, maxBytes))
      const left = records.filter(({ step }) => !gone.has(step))
      const size = new Set(left.map(({ diffID }) => diffID)).size * 100 + left.length
      t.true(size <= maxBytes)
      const goneLayers = new Set(records.filter((each) => !left.includes(each)).map((each) => each.diffID))
      if (goneLayers.size > 0) t.true(size + 100 + records.length > maxBytes - records.length)
      t.false(left.some(({ diffID }) => goneLayers.has(diffID)))
    }),
    { numRuns: 200 },
  )
})

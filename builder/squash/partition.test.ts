import test from 'ava'
import fc from 'fast-check'
import { partition } from './partition.ts'

const cases: readonly [layers: number, most: number, wanted: readonly number[]][] = [
  [0, 1, []],
  [1, 1, [1]],
  [3, 3, [1, 1, 1]],
  [3, 1, [3]],
  [4, 3, [2, 1, 1]],
  [5, 3, [2, 2, 1]],
  [6, 3, [2, 2, 2]],
  [7, 3, [4, 3]],
  [10, 3, [4, 4, 2]],
]

for (const [layers, most, wanted] of cases) {
  test(`${layers} layers in at most ${most}: ${wanted.join(' ')}`, (t) => {
    t.deepEqual(partition(layers, most), wanted)
  })
}

test('300 layers in 127: a few groups at the base, the others single', (t) => {
  t.deepEqual(partition(300, 127).slice(0, 7), [32, 32, 32, 32, 32, 32, 1])
  t.is(partition(300, 127).length, 114)
})

test('all layers are in a group, there are not too many groups, and none is empty', (t) => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.integer({ min: 1, max: 200 }), (layers, most) => {
      const groups = partition(layers, most)
      t.is(
        groups.reduce((sum, size) => sum + size, 0),
        layers,
      )
      t.true(groups.length <= most)
      t.true(groups.every((size) => size >= 1))
    }),
  )
})

test('with 127 places each further layer merges one group at most, above those that were there', (t) => {
  for (let layers = 1; layers < 2500; layers++) {
    const [before, after] = [edges(partition(layers, 127)), edges(partition(layers + 1, 127))]
    const lost = [...before].filter((edge) => !after.has(edge))
    t.true(lost.length <= 31, `${layers}`)
    t.true((lost.at(-1) ?? 0) - (lost[0] ?? 0) < 32, `${layers}`)
  }
})

/** Where one group ends and the next begins. */
function edges(groups: readonly number[]): ReadonlySet<number> {
  let at = 0
  return new Set(groups.map((size) => (at += size)))
}

import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { sizesOf } from './docker-inventory-layers.ts'

const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')]

const rows: readonly (readonly [
  what: string,
  chain: readonly (typeof a)[],
  history: readonly number[],
  expected: readonly number[],
])[] = [
  ['a step for each layer, the last first', [a, b, c], [3, 0, 1], [1, 0, 3]],
  ['steps that made no layer', [a, b], [2, 0, 0, 1], [1, 2]],
  ['one layer of no bytes too few to tell which', [a, b, c], [0, 2, 0, 1], [3, 0, 0]],
  ['no history', [a, b], [], [0, 0]],
  ['no layers', [], [0, 0], []],
]
for (const [what, chain, history, expected] of rows)
  test(`sizes of layers: ${what}`, (t) => {
    const sizes = sizesOf(
      chain,
      history.map((size) => ({ size })),
    )
    t.deepEqual([...sizes.keys()], [...chain])
    t.deepEqual([...sizes.values()], expected)
  })

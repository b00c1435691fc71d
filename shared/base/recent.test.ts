import test from 'ava'
import fc from 'fast-check'
import { Recent } from './recent.ts'

test('keeps what was used last, and a look is no use', (t) => {
  const recent = new Recent<string, number>(2)
  recent.set('a', 1)
  recent.set('b', 2)
  t.is(recent.peek('a'), 1)
  recent.set('c', 3)
  t.deepEqual([recent.peek('a'), recent.peek('b'), recent.peek('c')], [undefined, 2, 3])
  t.is(recent.get('b'), 2)
  recent.set('d', 4)
  t.deepEqual([recent.peek('b'), recent.peek('c'), recent.peek('d')], [2, undefined, 4])
})

test('counts by weight, also what was replaced or deleted', (t) => {
  const recent = new Recent<string, string>(5, (text) => text.length)
  recent.set('a', 'xxx')
  recent.set('a', 'xx')
  recent.set('b', 'xxx')
  t.is(recent.peek('a'), 'xx')
  recent.delete('a')
  recent.set('c', 'xx')
  t.deepEqual([recent.peek('b'), recent.peek('c')], ['xxx', 'xx'])
  recent.clear()
  recent.set('d', 'xxxxx')
  t.is(recent.peek('d'), 'xxxxx')
})

test('does not keep what is heavier than all', (t) => {
  const recent = new Recent<string, string>(2, (text) => text.length)
  recent.set('a', 'xxx')
  t.is(recent.get('a'), undefined)
})

const operation = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      what: fc.constant('set' as const),
      key: fc.nat(20),
      weight: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('get' as const), key: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('delete' as const), key: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('clear' as const) }) },
)
type Kept = readonly (readonly [key: number, weight: number])[]

test('keeps the last ones however it is used', (t) => {
  const property = fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
    const recent = new Recent<number, { readonly weight: number }>(30, ({ weight }) => weight)
    let kept: Kept = []
    for (const one of operations) {
      if (one.what === 'set') recent.set(one.key, { weight: one.weight })
      else if (one.what === 'clear') recent.clear()
      else recent[one.what](one.key)
      kept = keptAfter(kept, one)
      const found = Array.from({ length: 21 }, (_, key) => recent.peek(key)?.weight)
      t.deepEqual(
        found,
        Array.from({ length: 21 }, (_, key) => kept.find(([each]) => each === key)?.[1]),
      )
    }
  })
  t.notThrows(() => fc.assert(property))
})

/** By a list from the oldest to the last, of thirty together at most. */
function keptAfter(kept: Kept, one: { readonly what: string; readonly key?: number; readonly weight?: number }): Kept {
  const { what, key = 0, weight = 0 } = one
  const others = kept.filter(([each]) => each !== key)
  if (what === 'clear') return []
  if (what === 'delete') return others
  if (what === 'get') return [...others, ...kept.filter(([each]) => each === key)]
  const all = [...others, [key, weight] as const]
  const excess = all.map((_, i) => all.slice(i).reduce((sum, [, each]) => sum + each, 0)).findIndex((sum) => sum <= 30)
  return all.slice(excess)
}

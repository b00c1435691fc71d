import test from 'ava'
import fc from 'fast-check'
import { PathLists, PathMap, PathSet } from './path-map.ts'

const name = fc.constantFrom('a', 'b', 'c', 'ab', '\u00ff')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))

test('a map of paths gives what was set last, and nothing for the directories above', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(path, path)), fc.array(path), (pairs, asked) => {
      const [map, expected] = [new PathMap(), new Map(pairs)]
      for (const [key, value] of pairs) map.set(key, value)
      for (const key of [...asked, ...expected.keys()]) t.is(map.get(key), expected.get(key))
    }),
    { numRuns: 200 },
  )
})

test('a set of paths has what was added, and not the directories above', (t) => {
  fc.assert(
    fc.property(fc.array(path), fc.array(path), (added, asked) => {
      const [set, expected] = [new PathSet(), new Set(added)]
      for (const each of added) set.add(each)
      t.is(set.size, expected.size)
      t.deepEqual([...set].sort(), [...expected].sort())
      for (const each of [...asked, ...added]) t.is(set.has(each), expected.has(each))
    }),
    { numRuns: 200 },
  )
})

test('lists of paths keep their order', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(path, path)), fc.array(path), (pairs, asked) => {
      const lists = new PathLists()
      for (const [key, value] of pairs) lists.add(key, value)
      for (const key of [...asked, ...pairs.map(([each]) => each)]) {
        t.deepEqual(
          [...lists.of(key)],
          pairs.filter(([each]) => each === key).map(([, value]) => value),
        )
      }
    }),
    { numRuns: 200 },
  )
})

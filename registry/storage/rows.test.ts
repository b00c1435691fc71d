import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { lastPart, type RowKind } from '../../shared/rows/row-kind.ts'
import {
  blobRows,
  historyRows,
  holderRows,
  linkedRows,
  linkRows,
  manifestRows,
  movePart,
  referrerRows,
  repositoryRows,
  settingRows,
  taggedRows,
  tagRows,
  uploadRows,
} from './rows.ts'

const [one, two] = [digestOf('1'), digestOf('2', 'sha512')]
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

test('keys of repositories sort as their names do', (t) => {
  const names = ['a', 'a-b', 'a--b', 'a.b', 'a/b', 'a0', 'a__b', 'a_b', 'ab', 'b'].toSorted(bytewise)
  const keys = names.map((name) => repositoryRows.key(name))
  t.deepEqual(keys.toSorted(bytewise), keys)
  t.deepEqual(keys.map(lastPart), names)
})

test('no name and no tag is the prefix of the rows of another', (t) => {
  const names = ['a', 'a-b', 'a/b', 'ab', 'a/tag', 'tag', 'tag/a']
  const tags = ['1', '1.0', '1-a', '1_', '10', 'A', 'a']
  const keys = names.flatMap((name) => tags.map((tag) => ({ name, tag, key: tagRows.key(name, tag) })))
  t.is(new Set(keys.map(({ key }) => key)).size, keys.length)
  for (const name of names) {
    const below = keys.filter(({ key }) => key.startsWith(tagRows.prefix(name)))
    t.deepEqual(
      below.map((row) => row.tag),
      tags,
      name,
    )
    t.true(below.every((row) => row.name === name))
  }
  t.false(historyRows.key('a', '1.0', movePart(1)).startsWith(historyRows.prefix('a', '1')))
  t.false(taggedRows.key('a', one, '1').startsWith(tagRows.prefix()))
  t.false(linkedRows.key(one, 'a').startsWith(linkRows.prefix()))
})

test('moves sort by their number', (t) => {
  const moves = [0, 1, 9, 10, 99, 100, 123_456_789]
  t.deepEqual(moves.map(movePart).toSorted(bytewise), moves.map(movePart))
})

/** Each kind with a value of it. */
const examples: readonly [RowKind<string[], unknown>, readonly string[], unknown][] = [
  [settingRows, ['read-only'], true],
  [repositoryRows, ['a'], { at: 1, change: 'x' }],
  [manifestRows, ['a', one], { mediaType: 'a/b', size: 2, at: 1, change: 'x' }],
  [manifestRows, ['a', two], { mediaType: 'a/b', size: 2, at: 1, change: 'x', subject: one, artifactType: 'c/d' }],
  [holderRows, [one, 'a'], true],
  [tagRows, ['a', '1'], { digest: two, at: 1, move: 3 }],
  [taggedRows, ['a', one, '1'], true],
  [historyRows, ['a', '1', movePart(3)], { digest: two, at: 1 }],
  [historyRows, ['a', '1', movePart(4)], { at: 1 }],
  [referrerRows, ['a', one, 'c/d', two], { mediaType: 'a/b', size: 2, annotations: { __proto__x: 'ü' } }],
  [referrerRows, ['a', one, '', two], { mediaType: 'a/b', size: 2, isLarge: true }],
  [blobRows, [one], { size: 3, at: 1 }],
  [linkRows, ['a', one], { size: 3, at: 1 }],
  [linkedRows, [one, 'a'], true],
  [uploadRows, ['id'], { name: 'a', offset: 1, algorithm: 'sha512', startedAt: 1, at: 2 }],
]

test('each row is read as it was written', (t) => {
  for (const [kind, parts, value] of examples) {
    const row = kind.row([...parts], value)
    t.deepEqual(kind.parse(row.key, row.value), value, row.key)
    t.is(lastPart(row.key), parts.at(-1) ?? '')
  }
})

test('a damaged row is an error that names it, whatever is in it', (t) => {
  const damaged = [
    '',
    '{',
    'null',
    '7',
    '[]',
    '"x"',
    '{}',
    '{"at":"1"}',
    '{"size":1.5,"at":1.5}',
    '{"digest":"sha256:0","at":1}',
  ]
  for (const [kind, parts] of examples.slice(1)) {
    const key = kind.key(...parts)
    for (const value of damaged) {
      const error = t.throws(() => kind.parse(key, value), { code: 'STORE_INVALID' }, `${key} ${value}`)
      t.true(error?.message.includes(key), error?.message)
    }
  }
})

test('no text crashes the reading of a row', (t) => {
  const anything = fc.oneof(fc.string(), fc.json())
  fc.assert(
    fc.property(fc.constantFrom(...examples), anything, ([kind, parts], value) => {
      try {
        kind.parse(kind.key(...parts), value)
      } catch (error) {
        t.like(error, { code: 'STORE_INVALID' })
      }
    }),
    { numRuns: 500 },
  )
  t.pass()
})

import test from 'ava'
import { parseFilters } from './filters.ts'
import { pruneChoice, pruneFilterKeys } from './prune-filter.ts'

const now = 1_000_000_000
const choose = (words: readonly string[], all = false): ReturnType<typeof pruneChoice> =>
  pruneChoice({ filters: parseFilters(words, pruneFilterKeys), all, now })

/** Which kinds stay whatever they are. */
function kept(words: readonly string[], all = false): string[] {
  const { keepUnnamed, keepRecords, keepCompressed, keepExtracted } = choose(words, all)
  const flags = { images: keepUnnamed, records: keepRecords, compressed: keepCompressed, snapshots: keepExtracted }
  return Object.entries(flags).flatMap(([kind, keep]) => (keep === true ? [kind] : []))
}

const rows: [words: string[], all: boolean, kept: string[]][] = [
  [[], false, ['records', 'compressed', 'snapshots']],
  [[], true, ['snapshots']],
  [['until=1h'], false, ['records', 'compressed', 'snapshots']],
  [['until=1h'], true, ['compressed', 'snapshots']],
  [['label=x'], true, ['records', 'compressed', 'snapshots']],
  [['label!=x'], true, ['records', 'compressed', 'snapshots']],
  [['type=records'], false, ['images', 'compressed', 'snapshots']],
  [['type=snapshots'], true, ['images', 'records', 'compressed']],
  [['type=compressed', 'type=snapshots'], false, ['images', 'records']],
]
for (const [words, all, expected] of rows) {
  test(`prune ${all ? '--all ' : ''}${words.join(' ')} keeps ${expected.join(', ')}`, (t) => {
    t.deepEqual(kept(words, all), expected)
  })
}

test('until asks an image for its arrival and a record for its last use', (t) => {
  const { keepUnnamed, keepRecords } = choose(['until=1s'], true)
  if (typeof keepUnnamed !== 'function' || typeof keepRecords !== 'function') return t.fail()
  t.deepEqual(
    [now - 1001, now - 1000].map((storedAt) => keepUnnamed({ storedAt } as never)),
    [false, true],
  )
  t.deepEqual(
    [now - 1001, now - 1000].map((usedAt) => keepRecords({ usedAt } as never)),
    [false, true],
  )
})

test('labels choose images', (t) => {
  const { keepUnnamed } = choose(['label=a=1', 'label!=b'])
  if (typeof keepUnnamed !== 'function') return t.fail()
  const keeps = (Labels?: Record<string, string>): boolean =>
    keepUnnamed({ storedAt: 0, config: { config: { Labels } } } as never)
  t.deepEqual([{ a: '1' }, { a: '2' }, { a: '1', b: '' }, undefined].map(keeps), [false, true, true, true])
})

const wrong: [words: string[], message: RegExp][] = [
  [['type=cache'], /unknown type "cache"/],
  [['type=image'], /unknown type "image"/],
  [['label=x', 'type=records'], /records have no labels/],
  [['until=1h', 'type=snapshots'], /until says nothing about snapshots/],
  [['until=1h', 'until=2h'], /until can be given once/],
]
for (const [words, message] of wrong) {
  test(`prune refuses ${words.join(' ')}`, (t) => {
    t.throws(() => choose(words), { code: 'USAGE', message })
  })
}

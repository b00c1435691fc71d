import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { type HistoryRow, historyRows, manifestRows, movePart } from '../storage/rows.ts'
import { historyRoots, stillKept } from './history-roots.ts'

const [a, b, c] = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest, Digest]
const move = (at: number, digest?: Digest): HistoryRow => ({ at, ...(digest !== undefined && { digest }) })
const manifestOf = (name: string, digest: Digest): Row =>
  manifestRows.row([name, digest], { mediaType: 'a/b', size: 1, at: 0, change: '' })
const history = [move(0, a), move(10, b), move(20), move(30, c)]

for (const [title, moves, age, now, kept] of [
  ['all of a young history but what it leads to now', 10, 100, 40, [a, b]],
  ['of so many moves before the present one', 2, 100, 40, [b]],
  ['a removal is a move as well', 1, 100, 40, []],
  ['none', 0, 100, 40, []],
  ['what the tag left not longer ago than that: a at 10, b at 20', 10, 25, 36, [b]],
  ['to the millisecond', 10, 25, 34, [a, b]],
  ['to the millisecond', 10, 25, 35, [b]],
  ['nothing of long ago', 10, 25, 1000, []],
] as const) {
  test(`kept: ${title} (${moves}, ${age}, ${now})`, (t) => {
    t.deepEqual(
      stillKept(history, { moves, age, now }).map(({ digest }) => digest),
      [...kept],
    )
  })
}

test('it says until when', (t) => {
  t.deepEqual(stillKept(history, { moves: 10, age: 100, now: 40 }), [
    { digest: a, until: 110 },
    { digest: b, until: 120 },
  ])
  t.deepEqual(stillKept([], { moves: 10, age: 100, now: 40 }), [])
})

test('of a repository those are kept that any of its tags had; other repositories have histories of their own', async (t) => {
  const metadata = createMemoryMetadata()
  await metadata.commit({
    put: ['app', 'app-x'].flatMap((name) => [a, b, c].map((digest) => manifestOf(name, digest))),
  })
  const put = (name: string, tag: string, rows: readonly HistoryRow[]): Promise<void> =>
    metadata.commit({ put: rows.map((row, i) => historyRows.row([name, tag, movePart(i + 1)], row)) })
  await put('app', '1', [move(0, a), move(10, b)])
  await put('app', '1-x', [move(0, c), move(10)])
  await put(
    'app',
    '2',
    Array.from({ length: 1500 }, (_, i) => move(i, b)),
  )
  await put('app-x', '1', [move(0, b), move(10)])
  const roots = historyRoots(
    metadata,
    () => ({ moves: 3, age: 100 }),
    () => 20,
  )
  t.deepEqual(await roots.keeps('app', [a, c, digestOf(Buffer.from('other'))]), new Set([a, c]))
  t.is(await roots.until('app', a), 110, 'of the tag that left it last')
  t.is(await roots.until('app', digestOf(Buffer.from('other'))), undefined)
  t.deepEqual(await roots.keeps('app', [b]), new Set([b]), 'though it is so many moves ago in one of them')
  t.deepEqual(await roots.keeps('app-x', [a, b, c]), new Set([b]))
  t.deepEqual(await roots.keeps('none', [a]), new Set())
})

test('what is no manifest of the repository was never tagged there: its history is not read', async (t) => {
  const metadata = createMemoryMetadata()
  const row = historyRows.row(['app', '1', movePart(1)], move(0, a))
  await metadata.commit({ put: [row, manifestOf('app', b), manifestOf('other', a)] })
  const list: typeof metadata.list = async (range) => {
    t.false(range.prefix.startsWith('history '))
    return metadata.list(range)
  }
  const roots = historyRoots(
    { ...metadata, list },
    () => ({ moves: 3, age: 100 }),
    () => 20,
  )
  t.deepEqual(await roots.keeps('app', [a, c]), new Set())
})

test('without a number or an age nothing is looked at', async (t) => {
  const metadata = {
    ...createMemoryMetadata(),
    list: async () => t.fail(),
  }
  for (const keep of [
    { moves: 0, age: 1 },
    { moves: 1, age: 0 },
  ]) {
    const roots = historyRoots(
      metadata,
      () => keep,
      () => 0,
    )
    t.deepEqual(await roots.keeps('app', [a]), new Set())
  }
})

import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { Change } from '../../shared/rows/row-store.ts'
import { looseRows, reviewRows, useRows } from '../storage/gc-rows.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { linkRows, manifestRows, taggedRows } from '../storage/rows.ts'
import { reviewRow, withReviews } from './review-changes.ts'

const [one, two] = [digestOf('1'), digestOf('2')]
const at = 1_700_000_000_123
const manifest = manifestRows.row(['r', one], { mediaType: 'a/b', size: 1, at, change: 'c' })
const tagged = taggedRows.row(['r', one, '1'], true)
const link = linkRows.row(['r', one], { size: 1, at })

/** Reviews and loose rows that a change leaves behind. */
async function left(change: Change): Promise<string[]> {
  const metadata = createMemoryMetadata()
  await withReviews(metadata, () => at).commit(change)
  const rows = await metadata.list({ prefix: '', limit: 99 })
  return rows
    .map(({ key }) => key.replace(one, 'ONE').replace(two, 'TWO'))
    .filter((key) => /^(?:review|loose) /.test(key))
}

const second = '001700000000000'
const cases: Readonly<Record<string, readonly [change: Change, left: readonly string[]]>> = {
  'a tag leaves a manifest': [{ remove: [tagged.key] }, ['loose r ONE', `review ${second} r ONE`]],
  'a tag moves from one to another': [
    { remove: [tagged.key], put: [taggedRows.row(['r', two, '1'], true)] },
    ['loose r ONE', `review ${second} r ONE`],
  ],
  'a manifest comes without a tag': [{ put: [manifest] }, ['loose r ONE', `review ${second} r ONE`]],
  'a manifest comes with a tag': [{ put: [manifest, tagged] }, []],
  'a repository is given a blob': [{ put: [link] }, [`review ${second} r ONE`]],
  'a manifest goes, with its tag': [{ remove: [manifest.key, tagged.key] }, [`review ${second} r ONE`]],
  'a manifest no longer refers to something': [{ remove: [useRows.key('r', two, one)] }, [`review ${second} r TWO`]],
  'a manifest that may have referred to anything goes': [{ remove: [useRows.key('r', '*', one)] }, []],
  'a blob is deleted': [{ remove: [link.key] }, []],
  'rows of no concern': [{ put: [{ key: 'setting x', value: '1' }], remove: ['upload x'] }, []],
  'the change says itself when it is to be looked at, and since when it is loose': [
    { remove: [tagged.key], put: [reviewRow({ name: 'r', digest: one, at: 5 }), looseRows.row(['r', one], { at: 7 })] },
    ['loose r ONE', 'review 000000000000000 r ONE'],
  ],
}

for (const [what, [change, rows]] of Object.entries(cases)) {
  test(`written down when ${what}`, async (t) => t.deepEqual(await left(change), rows))
}

test('what happens to one digest in one second is one look, and another row each time', async (t) => {
  const metadata = createMemoryMetadata()
  let now = at
  const watched = withReviews(metadata, () => now)
  await watched.commit({ put: [link] })
  const [before] = await metadata.list({ prefix: reviewRows.prefix(), limit: 9 })
  now += 500
  await watched.commit({ put: [link] })
  const after = await metadata.list({ prefix: reviewRows.prefix(), limit: 9 })
  t.is(after.length, 1)
  t.not(after[0]?.value, before?.value)
  now += 1000
  await watched.commit({ put: [link] })
  t.is((await metadata.list({ prefix: reviewRows.prefix(), limit: 9 })).length, 2)
})

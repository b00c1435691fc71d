import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { anyDigest, useRows } from '../storage/gc-rows.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { linkedRows, referrerRows } from '../storage/rows.ts'
import { withoutKinds } from './absent-kinds.ts'

const [one, two] = [digestOf('1'), digestOf('2')]

test('what a repository has none of is looked for once, what it has each time, and all else always', async (t) => {
  const memory = createMemoryMetadata()
  const referrer = referrerRows.row(['b', one, '', two], { mediaType: 'a/b', size: 1 })
  await memory.commit({ put: [referrer, useRows.row(['c', anyDigest, two], true), linkedRows.row([one, 'a'], true)] })
  const asked: string[] = []
  const metadata = withoutKinds({
    ...memory,
    list: (range) => {
      asked.push(range.prefix)
      return memory.list(range)
    },
  })
  const found = async (prefix: string): Promise<number> => (await metadata.list({ prefix, limit: 9 })).length
  for (const digest of [one, two]) {
    t.is(await found(referrerRows.prefix('a', digest)), 0)
    t.is(await found(useRows.prefix('a', anyDigest)), 0)
    t.is(await found(referrerRows.prefix('b', digest)), digest === one ? 1 : 0)
    t.is(await found(useRows.prefix('c', anyDigest)), 1)
    t.is(await found(useRows.prefix('a', digest)), 0)
    t.is(await found(linkedRows.prefix(one)), 1)
  }
  const times = (prefix: string): number => asked.filter((each) => each === prefix).length
  t.is(times(referrerRows.prefix('a')), 1)
  t.is(times(useRows.prefix('a', anyDigest)), 1)
  t.is(times(referrerRows.prefix('b', one)), 1)
  t.is(times(linkedRows.prefix(one)), 2)
  t.is(asked.length, 12)
})

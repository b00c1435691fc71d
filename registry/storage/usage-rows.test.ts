import test from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from './memory-metadata.ts'
import { linkRows, manifestRows, settingRows, type UsageRow, usageRows } from './rows.ts'
import { usageState } from './usage-rows.ts'

const digests: readonly Digest[] = ['a', 'b', 'c', 'd'].map((text) => digestOf(Buffer.from(text)))
const [first, second] = digests as [Digest, Digest]
const names = ['a', 'a/b', 'a-b']
const link = (name: string, digest: Digest, size: number): ReturnType<typeof linkRows.row> =>
  linkRows.row([name, digest], { size, at: 1 })
const manifest = (name: string, digest: Digest, size: number): ReturnType<typeof manifestRows.row> =>
  manifestRows.row([name, digest], { mediaType: 'text/plain', size, at: 1, change: 'x' })

async function counted(): Promise<RowStore> {
  const metadata = createMemoryMetadata()
  await metadata.commit({ put: [settingRows.row(['usage'], 'counted')] })
  return metadata
}

async function usage(metadata: RowStore, name: string): Promise<UsageRow | undefined> {
  const key = usageRows.key(name)
  const value = await metadata.get(key)
  return value === undefined ? undefined : usageRows.parse(key, value)
}

/** What the rows themselves say. */
async function sum(metadata: RowStore, name: string): Promise<number> {
  const rows = await Promise.all(
    [linkRows, manifestRows].map(async (kind) =>
      (await metadata.list({ prefix: kind.prefix(name), limit: 1000 })).map(
        ({ key, value }) => kind.parse(key, value).size,
      ),
    ),
  )
  return rows.flat().reduce((all, size) => all + size, 0)
}

test('links and manifests count, each once, however often they are written; other rows do not', async (t) => {
  const metadata = await counted()
  await metadata.commit({ put: [link('a', first, 5), manifest('a', second, 7), { key: 'linked a', value: 'true' }] })
  await metadata.commit({ put: [link('a', first, 5)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 12 })
  await metadata.commit({ put: [link('a', first, 6)], remove: [manifestRows.key('a', second)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 6 })
  t.is(await usage(metadata, 'a/b'), undefined)
})

test('a repository without anything has no row', async (t) => {
  const metadata = await counted()
  await metadata.commit({ put: [link('a', first, 5)] })
  await metadata.commit({ remove: [linkRows.key('a', first), linkRows.key('a', second)] })
  t.is(await usage(metadata, 'a'), undefined)
  t.is(await metadata.get(usageRows.key('a')), undefined)
})

test('a change that is not made counts nothing', async (t) => {
  const metadata = await counted()
  const change = metadata.commit({ put: [link('a', first, 5)], expect: [{ key: 'x', value: 'y' }] })
  await t.throwsAsync(change, { instanceOf: ChangeConflict })
  t.is(await usage(metadata, 'a'), undefined)
})

test('changes that are written together count together', async (t) => {
  const metadata = await counted()
  await Promise.all([
    metadata.commit({ put: [link('a', first, 5)] }),
    metadata.commit({ put: [link('a', second, 6), link('a-b', first, 1)] }),
    metadata.commit({ remove: [linkRows.key('a', first)] }),
  ])
  t.deepEqual([await usage(metadata, 'a'), await usage(metadata, 'a-b')], [{ bytes: 6 }, { bytes: 1 }])
})

test('where nothing was counted yet, what is new is only noted', async (t) => {
  const metadata = createMemoryMetadata()
  await metadata.commit({ put: [link('a', first, 5)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 0, countedTo: '', changes: 1 })
  await metadata.commit({ put: [{ key: usageState, value: '"scanned"' }] })
  await metadata.commit({ put: [link('a-b', first, 5)] })
  t.deepEqual(await usage(metadata, 'a-b'), { bytes: 5 })
  await metadata.commit({ put: [link('a', second, 5)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 0, countedTo: '', changes: 2 }, 'its own count is not over')
})

test('of a count that goes on, only what is behind it', async (t) => {
  const metadata = await counted()
  const [low, high] = [first, second].sort() as [Digest, Digest]
  await metadata.commit({ put: [usageRows.row(['a'], { bytes: 10, countedTo: linkRows.key('a', low), changes: 3 })] })
  await metadata.commit({ put: [link('a', low, 5), link('a', high, 100), manifest('a', low, 1000)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 15, countedTo: linkRows.key('a', low), changes: 4 })
})

test('a damaged row counts as nothing', async (t) => {
  const metadata = await counted()
  await metadata.commit({ put: [{ key: linkRows.key('a', first), value: '{' }, link('a', second, 2)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 2 })
  await metadata.commit({ put: [link('a', first, 3)] })
  t.deepEqual(await usage(metadata, 'a'), { bytes: 5 })
})

test('whatever is put and removed, alone or at once, the sums are right', async (t) => {
  const size = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined })
  const step = fc.record({
    name: fc.constantFrom(...names),
    digest: fc.constantFrom(...digests),
    isLink: fc.boolean(),
    size,
    isTogether: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const metadata = await counted()
      let running: Promise<void>[] = []
      for (const { name, digest, isLink, size: bytes, isTogether } of steps) {
        const row = (isLink ? link : manifest)(name, digest, bytes ?? 0)
        running.push(metadata.commit(bytes === undefined ? { remove: [row.key] } : { put: [row] }))
        if (isTogether) continue
        await Promise.all(running)
        running = []
      }
      await Promise.all(running)
      for (const name of names) t.is((await usage(metadata, name))?.bytes ?? 0, await sum(metadata, name))
    }),
    { numRuns: 100 },
  )
})

import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { linkRows, manifestRows, type UsageRow, usageRows } from '../storage/rows.ts'
import { usageState } from '../storage/usage-rows.ts'
import { imageOf, named, pushArtifact } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import { countUsage, recountUsage, usageOf } from './usage.ts'

const digests: readonly Digest[] = Array.from({ length: 2500 }, (_, i) => digestOf(Buffer.from(String(i))))
const free = (): void => undefined

/** As an earlier version left it: blobs and manifests, and nothing that counts them. */
async function earlier(rows: Change['put']): Promise<RowStore> {
  const metadata = createMemoryMetadata()
  await metadata.commit({ put: rows ?? [] })
  const found = await metadata.list({ prefix: usageRows.prefix(), limit: 1000 })
  await metadata.commit({ remove: found.map(({ key }) => key) })
  return metadata
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

const links = (name: string, count: number): NonNullable<Change['put']> =>
  digests.slice(0, count).map((digest) => linkRows.row([name, digest], { size: 2, at: 1 }))
const manifests = (name: string, count: number): NonNullable<Change['put']> =>
  digests
    .slice(0, count)
    .map((digest) => manifestRows.row([name, digest], { mediaType: 'text/plain', size: 3, at: 1, change: 'x' }))

test('what an earlier version stored is counted: of blobs alone, of manifests alone, of more than one page', async (t) => {
  const metadata = await earlier([
    ...links('blobs', 1),
    ...manifests('manifests', 2),
    ...links('many', 2500),
    ...manifests('many', 1001),
  ])
  t.deepEqual(await usageOf(metadata, 'many'), { bytes: 0, isWhole: false })
  await countUsage(metadata, free)
  const found = await Promise.all(['blobs', 'manifests', 'many', 'none'].map((name) => usageOf(metadata, name)))
  t.deepEqual(
    found.map(({ bytes }) => bytes),
    [2, 6, 8003, 0],
  )
  t.true(found.every(({ isWhole }) => isWhole))
  t.is(await metadata.get(usageState), '"counted"')
})

test('what is changed while it is counted is counted once', async (t) => {
  const stored = await earlier([...links('a', 2400), ...manifests('b', 1)])
  /** Before each step of the count somebody removes the first blob, adds a last one, and makes a repository. */
  let step = 0
  const metadata: RowStore = {
    ...stored,
    commit: async (change) => {
      const [gone, come] = [digests[step], digests[2400 + step]]
      if (gone !== undefined && come !== undefined && step < 50) {
        await stored.commit({
          remove: [linkRows.key('a', gone)],
          put: [
            linkRows.row(['a', come], { size: 100, at: 1 }),
            linkRows.row([`new-${step}`, come], { size: 7, at: 1 }),
            linkRows.row(['b', come], { size: 10, at: 1 }),
          ],
        })
        step++
      }
      await stored.commit(change)
    },
  }
  await countUsage(metadata, free)
  t.true(step > 5)
  const names = ['a', 'b', ...Array.from({ length: step }, (_, i) => `new-${i}`)]
  const found = await Promise.all(names.map((name) => usageOf(stored, name)))
  t.deepEqual(
    found,
    [2 * (2400 - step) + 100 * step, 3 + 10 * step, ...Array.from({ length: step }, () => 7)].map((bytes) => ({
      bytes,
      isWhole: true,
    })),
  )
})

test('a count that is interrupted goes on where it was', async (t) => {
  const stored = await earlier([...links('a', 2500), ...links('b', 1)])
  let left = 4
  const guard = (): void => {
    if (left-- === 0) throw new Error('read-only')
  }
  await t.throwsAsync(countUsage(stored, guard), { message: 'read-only' })
  const key = usageRows.key('a')
  const row: UsageRow = usageRows.parse(key, String(await stored.get(key)))
  t.is(row.bytes, 2000)
  let read = 0
  const metadata: RowStore = {
    ...stored,
    list: async (range) => {
      const rows = await stored.list(range)
      read += rows.length
      return rows
    },
  }
  await countUsage(metadata, free)
  t.deepEqual(await usageOf(stored, 'a'), { bytes: 5000, isWhole: true })
  t.deepEqual(await usageOf(stored, 'b'), { bytes: 2, isWhole: true })
  t.true(read < 1600, 'what was counted is not read again')
})

test('a count that is wrong is made anew', async (t) => {
  const metadata = await earlier(links('a', 3))
  await countUsage(metadata, free)
  await metadata.commit({ put: [usageRows.row(['a'], { bytes: 99 })] })
  await recountUsage(metadata, 'a', free)
  t.deepEqual(await usageOf(metadata, 'a'), { bytes: 6, isWhole: true })
})

test('a service counts behind its work, and tells of each repository', async (t) => {
  const metadata = await earlier(links('old', 3))
  const app = named('app')
  const quotaFor = (name: string): { bytes: number; rule: string } | undefined =>
    name === 'app' ? { bytes: 5000, rule: 'a*' } : undefined
  const { service } = await memoryRegistry({ metadata, quotaFor })
  const image = imageOf('1')
  await pushArtifact(service, app, image, ['1'])
  const { id } = await service.uploads.start(app, { length: 100 })
  for (let i = 0; i < 1000 && (await metadata.get(usageState)) !== '"counted"'; i++) await new Promise(setImmediate)
  const size = [image.bytes, ...image.blobs].reduce((sum, { length }) => sum + length, 0)
  const found = await all(service.usage())
  t.deepEqual(found, [
    { name: 'app', bytes: size, onTheWay: 100, limit: 5000, isWhole: true },
    { name: 'old', bytes: 6, onTheWay: 0, limit: undefined, isWhole: true },
  ])
  await service.uploads.cancel(app, id)
  t.is((await all(service.usage()))[0]?.onTheWay, 0)
  await service.close()
})

import test from 'ava'
import type { RowRange, RowStore } from '../../shared/rows/row-store.ts'
import type { PageRequest } from '../protocol/page.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { repositoryRows } from '../storage/rows.ts'
import { imageOf, named, pushArtifact, pushBlob } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { Listing } from './types.ts'

const app = named('team/app')
const all: PageRequest = { count: 1000, last: undefined }
const alike = ['a', 'a-b', 'a.b', 'a/b', 'a/b/c', 'a_b', 'ab', 'b']

/** All items of a listing, asked for page by page, and how long the pages were. */
async function paged<T>(
  ask: (page: PageRequest) => Promise<Listing<T>>,
  count: number,
): Promise<{ items: T[]; sizes: number[] }> {
  const [items, sizes]: [T[], number[]] = [[], []]
  for (let last: string | undefined; ; ) {
    const page = await ask({ count, last })
    items.push(...page.items)
    sizes.push(page.items.length)
    if (page.next === undefined) return { items, sizes }
    last = page.next
  }
}

test('tags come in the order of their bytes, page by page, each once', async (t) => {
  const { service } = await memoryRegistry()
  const tags = ['0', '1', '1-a', '1.0', '10', '1_', 'A', 'Z', '_', 'a', 'a-b', 'aB', 'ab']
  await pushArtifact(service, app, imageOf('a'), tags.toReversed())
  await pushArtifact(service, named('team/app-b'), imageOf('b'), ['other'])
  await pushArtifact(service, named('team'), imageOf('c'), ['app'])
  t.deepEqual(await service.tags(app, all), { items: tags, next: undefined })
  for (const count of [1, 2, 5, 12, 13, 14]) {
    const { items, sizes } = await paged((page) => service.tags(app, page), count)
    t.deepEqual(items, tags, `${count} a page`)
    t.is(sizes.length, Math.ceil(tags.length / count), 'no page is short and none empty')
  }
  t.deepEqual((await service.tags(app, { count: 2, last: '1-zz' })).items, ['1.0', '10'], '`last` need not be there')
  t.deepEqual(await service.tags(app, { count: 2, last: 'zz' }), { items: [], next: undefined })
  t.deepEqual(await service.tags(app, { count: 0, last: undefined }), { items: [], next: undefined })
})

test('a repository without tags has none, and one that is not there is NAME_UNKNOWN', async (t) => {
  const { service } = await memoryRegistry()
  await t.throwsAsync(service.tags(app, all), { code: 'NAME_UNKNOWN' })
  await t.throwsAsync(service.tags(app, { count: 0, last: undefined }), { code: 'NAME_UNKNOWN' })
  await pushBlob(service, app, Buffer.from('x'))
  t.deepEqual((await service.tags(app, all)).items, [])
  const digest = await pushArtifact(service, app, imageOf('a'))
  t.deepEqual((await service.tags(app, all)).items, [])
  await service.manifests.remove(app, { digest })
  t.deepEqual((await service.tags(app, all)).items, [], 'its blobs are still there')
  await t.throwsAsync(service.tags(named('team/ap'), all), { code: 'NAME_UNKNOWN' })
})

test('the catalog has each repository that holds a manifest, once', async (t) => {
  const { service } = await memoryRegistry()
  for (const name of alike.toReversed()) await pushArtifact(service, named(name), imageOf(name), ['1'])
  await pushBlob(service, named('c'), Buffer.from('only a blob'))
  t.deepEqual(await service.catalog(all), { items: alike, next: undefined })
  for (const count of [1, 3, 8, 9]) {
    t.deepEqual((await paged((page) => service.catalog(page), count)).items, alike, `${count} a page`)
  }
  t.deepEqual((await service.catalog({ count: 2, last: 'a.a' })).items, ['a.b', 'a/b'])
  t.deepEqual(await service.catalog({ count: 0, last: undefined }), { items: [], next: undefined })
})

test('a repository leaves the catalog with its last manifest, not with its last tag', async (t) => {
  const { service } = await memoryRegistry()
  const one = await pushArtifact(service, app, imageOf('1'), ['1'])
  const two = await pushArtifact(service, app, imageOf('2'), ['2'])
  const names = async (): Promise<readonly string[]> => (await service.catalog(all)).items
  await service.manifests.remove(app, { tag: '1' })
  await service.manifests.remove(app, { digest: two })
  t.deepEqual(await names(), [app])
  await service.manifests.remove(app, { digest: one })
  t.deepEqual(await names(), [])
  await pushArtifact(service, app, imageOf('1'))
  t.deepEqual(await names(), [app])
})

test('who may see some repositories sees these, and no name of another', async (t) => {
  const { service } = await memoryRegistry()
  for (const name of alike) await pushArtifact(service, named(name), imageOf(name))
  const seen = new Set(['a-b', 'a/b/c', 'b'])
  const isVisible = (name: string): boolean => seen.has(name)
  for (const count of [1, 2, 3, 4]) {
    t.deepEqual((await paged((page) => service.catalog(page, isVisible), count)).items, [...seen], `${count} a page`)
  }
  const first = await service.catalog({ count: 1, last: undefined }, isVisible)
  t.deepEqual(first.items, ['a-b'])
  t.false(alike.includes(first.next ?? '') && !seen.has(first.next ?? ''))
  const nothing = await service.catalog(all, () => false)
  t.deepEqual(nothing, { items: [], next: undefined })
})

/** Metadata with so many repositories, and a count of the rows that were listed. */
async function manyRepositories(count: number): Promise<{ metadata: RowStore; listed: () => number }> {
  const metadata = createMemoryMetadata()
  const put = Array.from({ length: count }, (_, i) =>
    repositoryRows.row([`r${String(i).padStart(6, '0')}`], { at: 1, change: 'x' }),
  )
  await metadata.commit({ put })
  let listed = 0
  const list = async (range: RowRange): ReturnType<RowStore['list']> => {
    const rows = await metadata.list(range)
    listed += rows.length
    return rows
  }
  return { metadata: { ...metadata, list }, listed: () => listed }
}

test('a page of the catalog looks at a bounded number of names, then is short, and says in secret where to go on', async (t) => {
  const { metadata, listed } = await manyRepositories(25_000)
  const { service } = await memoryRegistry({ metadata })
  const isVisible = (name: string): boolean => name === 'r024000'
  const page = await service.catalog({ count: 100, last: undefined }, isVisible)
  t.deepEqual(page.items, [])
  t.regex(page.next ?? '', /^~[\w-]+$/)
  t.true((page.next ?? '').length < 512, 'as long as a `last` may be')
  t.true(listed() < 12_000, String(listed()))
  const { service: next } = await memoryRegistry({ metadata })
  const { items, sizes } = await paged((each) => next.catalog(each, isVisible), 100)
  t.deepEqual(items, ['r024000'], 'another process goes on')
  t.is(sizes.length, 3)
})

test('the longest name fits into what says where to go on, and what we did not seal is refused', async (t) => {
  const { service } = await memoryRegistry()
  const long = 'x'.repeat(255)
  await pushArtifact(service, named('a'), imageOf('a'))
  await pushArtifact(service, named(long), imageOf('b'))
  await pushArtifact(service, named('y'), imageOf('c'))
  await pushArtifact(service, named('z'), imageOf('d'))
  const page = await service.catalog({ count: 1, last: undefined }, (name) => name !== long && name !== 'a')
  t.deepEqual(page.items, ['y'])
  for (const last of ['~', '~x', '~AAAA', `~${'A'.repeat(80)}`, `~${Buffer.alloc(60, 1).toString('base64url')}`]) {
    await t.throwsAsync(service.catalog({ count: 1, last }), { code: 'PAGINATION_NUMBER_INVALID' }, last)
  }
})

test('a page costs what it gives', async (t) => {
  const { metadata, listed } = await manyRepositories(5000)
  const { service } = await memoryRegistry({ metadata })
  const before = listed()
  await service.catalog({ count: 10, last: 'r003000' })
  t.is(listed() - before, 11)
})

import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'
import { type ContentChanges, followChanges } from './changes.ts'
import type { LedTag } from './led-tags.ts'
import { createManifestLook } from './manifest-facts.ts'
import { RememberedTags, type RememberedTagsParts } from './remembered-tags.ts'

const name = 'team/app'

interface Scene {
  /** Its changes are followed. */
  readonly metadata: RowStore
  readonly tags: RememberedTags
  readonly changes: ContentChanges
  /** Pages of rows that were read so far. */
  readonly read: () => number
  /** Runs before the next page of rows is given, which is read already. */
  readonly meanwhile: (work: () => Promise<void>) => void
}

function scene(options: { metadata?: RowStore; most?: RememberedTagsParts['most'] } = {}): Scene {
  const changes = followChanges()
  const below = options.metadata ?? createMemoryMetadata()
  let [read, work]: [number, (() => Promise<void>) | undefined] = [0, undefined]
  const list: RowStore['list'] = async (range) => {
    read++
    const rows = await below.list(range)
    const now = work
    work = undefined
    await now?.()
    return rows
  }
  const tags = new RememberedTags({ metadata: { list }, look: createManifestLook(below), most: options.most })
  changes.listen(tags)
  return { metadata: changes.watch(below), tags, changes, read: () => read, meanwhile: (one) => (work = one) }
}

function digestFor(n: number): Digest {
  return digestOf(Buffer.from(`${n}`))
}

function manifest(n: number): Required<Pick<Change, 'put'>>['put'][number] {
  const row = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: n, at: 1, change: 'c', content: 0 }
  return manifestRows.row([name, digestFor(n)], row)
}

function tagged(tag: string, n: number): Required<Pick<Change, 'put'>>['put'][number] {
  return tagRows.row([name, tag], { digest: digestFor(n), at: n, move: 1 })
}

/** Tags `t0000` and so on, of the manifest 1. */
async function fill({ metadata }: Scene, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, i) => `t${String(i).padStart(4, '0')}`)
  await metadata.commit({ put: [manifest(1), ...names.map((tag) => tagged(tag, 1))] })
}

async function pagesOf(tags: RememberedTags): Promise<readonly (readonly LedTag[])[]> {
  const pages: (readonly LedTag[])[] = []
  for await (const { led } of tags.pages(name)) pages.push((await led).tags)
  return pages
}

async function told(tags: RememberedTags): Promise<readonly string[]> {
  return (await pagesOf(tags)).flat().map(({ tag, size }) => `${tag} ${size}`)
}

test('what did not change is not read again, and of what did one page', async (t) => {
  const one = scene()
  await fill(one, 2500)
  const before = await told(one.tags)
  t.is(before.length, 2500)
  const read = one.read()
  t.deepEqual(await told(one.tags), before)
  t.is(one.read(), read)
  await one.metadata.commit({ put: [manifest(2), tagged('t1500', 2)] })
  t.deepEqual(
    await told(one.tags),
    before.map((each) => (each === 't1500 1' ? 't1500 2' : each)),
  )
  t.is(one.read(), read + 1)
})

test('what comes before, between and behind is found; what goes is not', async (t) => {
  const one = scene()
  await fill(one, 2500)
  await told(one.tags)
  const come = ['a', 't0999a', 't1000a', 'z'].map((tag) => tagged(tag, 1))
  await one.metadata.commit({ put: come, remove: ['t0000', 't0999', 't2499'].map((tag) => tagRows.key(name, tag)) })
  const names = (await told(one.tags)).map((each) => each.split(' ')[0])
  t.is(names.length, 2501)
  t.deepEqual(
    names,
    names.toSorted((a = '', b = '') => (a < b ? -1 : 1)),
  )
  t.deepEqual([names[0], names.at(-1), names.includes('t0999'), names.includes('t0999a')], ['a', 'z', false, true])
})

test('a page that grows beyond a thousand becomes several', async (t) => {
  const one = scene()
  await fill(one, 2000)
  await told(one.tags)
  const more = Array.from({ length: 1500 }, (_, i) => tagged(`t0500-${String(i).padStart(4, '0')}`, 1))
  await one.metadata.commit({ put: more })
  const pages = await pagesOf(one.tags)
  t.is(pages.flat().length, 3500)
  t.true(pages.every(({ length }) => length <= 1000))
  const read = one.read()
  t.is((await told(one.tags)).length, 3500)
  t.is(one.read(), read)
})

test('a change while a page is read is found the next time', async (t) => {
  const one = scene()
  await fill(one, 1500)
  one.meanwhile(async () => one.metadata.commit({ put: [manifest(2), tagged('t0003', 2)] }))
  await told(one.tags)
  t.true((await told(one.tags)).includes('t0003 2'))
  await one.metadata.commit({ put: [tagged('t0003', 1)] })
  one.meanwhile(async () => void (await told(one.tags))) // who reads the same meanwhile
  t.is((await told(one.tags)).length, 1500)
  t.true((await told(one.tags)).includes('t0003 1'))
})

test('a tag whose manifest was not there, or that is about one that is there, follows it', async (t) => {
  const one = scene()
  const about = `sha256-${digestFor(2).slice('sha256:'.length)}.sig`
  await one.metadata.commit({ put: [manifest(1), tagged(about, 1), tagged('later', 3)] })
  t.deepEqual(await told(one.tags), [`${about} 1`])
  await one.metadata.commit({ put: [manifest(2)] })
  t.deepEqual(await told(one.tags), [])
  await one.metadata.commit({ put: [manifest(3)], remove: [manifestRows.key(name, digestFor(2))] })
  t.deepEqual(await told(one.tags), ['later 3', `${about} 1`])
})

test('other repositories are not concerned', async (t) => {
  const one = scene()
  await fill(one, 10)
  await told(one.tags)
  const read = one.read()
  await one.metadata.commit({ put: [tagRows.row(['team/app2', 't0001'], { digest: digestFor(1), at: 1, move: 1 })] })
  await one.metadata.commit({
    put: [manifestRows.row(['team', digestFor(1)], { mediaType: 'a/b', size: 1, at: 1, change: 'c' })],
  })
  t.is((await told(one.tags)).length, 10)
  t.is(one.read(), read)
})

test('nothing is remembered while nobody knows whether a change was made', async (t) => {
  const below = createMemoryMetadata()
  let isBroken = false
  const commit: RowStore['commit'] = async (change) => {
    if (!isBroken) return below.commit(change)
    throw new Error('the disk is gone')
  }
  const one = scene({ metadata: { ...below, commit } })
  await fill(one, 10)
  await told(one.tags)
  isBroken = true
  const change = { put: [tagged('t0001', 1), tagged('late', 1)] }
  await t.throwsAsync(one.metadata.commit(change), { message: 'the disk is gone' })
  t.false((await told(one.tags)).includes('late 1'))
  await below.commit(change) // it comes to be seen after all, and nobody says so
  t.true((await told(one.tags)).includes('late 1'))
  isBroken = false
  await one.metadata.commit({ put: [tagged('last', 1)] })
  await told(one.tags)
  const read = one.read()
  t.is((await told(one.tags)).length, 12)
  t.is(one.read(), read)
})

test('of a repository with too many tags nothing is remembered, and others stay', async (t) => {
  const one = scene({ most: [5000, 2200] })
  await one.metadata.commit({
    put: [manifestRows.row(['small', digestFor(1)], { mediaType: 'a/b', size: 1, at: 1, change: 'c' })],
  })
  await one.metadata.commit({ put: [tagRows.row(['small', 'x'], { digest: digestFor(1), at: 1, move: 1 })] })
  for await (const { led } of one.tags.pages('small')) await led
  await fill(one, 2500)
  t.is((await told(one.tags)).length, 2500)
  const read = one.read()
  t.is((await told(one.tags)).length, 2500)
  t.is(one.read(), read + 3)
  for await (const { led } of one.tags.pages('small')) await led
  t.is(one.read(), read + 3)
})

test('a repository that had too many tags is remembered when it has fewer', async (t) => {
  const one = scene({ most: [5000, 2200] })
  await fill(one, 2500)
  await told(one.tags)
  await one.metadata.commit({ remove: Array.from({ length: 1000 }, (_, i) => tagRows.key(name, `t${1500 + i}`)) })
  t.is((await told(one.tags)).length, 1500) // and so nobody had to try
  t.is((await told(one.tags)).length, 1500)
  const read = one.read()
  t.is((await told(one.tags)).length, 1500)
  t.is(one.read(), read)
})

test('who stops reading leaves what was read', async (t) => {
  const one = scene()
  await fill(one, 2500)
  for await (const { led } of one.tags.pages(name)) {
    await led
    break
  }
  t.is((await told(one.tags)).length, 2500)
  t.is(one.read(), 3)
})

test('what cannot be read fails each time, not for ever', async (t) => {
  const below = createMemoryMetadata()
  let isBroken = true
  const getMany: RowStore['getMany'] = async (keys) => {
    if (isBroken) throw new Error('the disk is gone')
    return below.getMany(keys)
  }
  const tags = new RememberedTags({ metadata: below, look: createManifestLook({ getMany }) })
  await below.commit({ put: [manifest(1), tagged('a', 1)] })
  await t.throwsAsync(told(tags), { message: 'the disk is gone' })
  isBroken = false
  t.deepEqual(await told(tags), ['a 1'])
})

const step = fc.record({
  tag: fc.nat(30),
  to: fc.option(fc.nat(4)),
  manifest: fc.nat(9),
  isThere: fc.boolean(),
  looks: fc.nat(2),
  isMeanwhile: fc.boolean(),
})

test('it tells what there is, whatever changes and whenever', async (t) => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const one = scene()
    for (const { tag, to, manifest: n, isThere, looks, isMeanwhile } of steps) {
      // No manifest goes before its tags; those from 5 on are only what tags are about.
      const change = changeOf(tag, to, isThere || n < 5 ? manifest(n) : manifestRows.key(name, digestFor(n)))
      if (isMeanwhile) one.meanwhile(async () => one.metadata.commit(change))
      else await one.metadata.commit(change)
      for (let i = 0; i < looks; i++) await told(one.tags)
      if (isMeanwhile) await one.metadata.commit(change)
      await same(t, one)
    }
  })
  await t.notThrowsAsync(fc.assert(property, { numRuns: 200 }))
})

function changeOf(tag: number, to: number | null, other: string | ReturnType<typeof manifest>): Change {
  const own = tag < 5 ? `sha256-${digestFor(tag + 5).slice('sha256:'.length)}.sig` : `t${tag}`
  return {
    put: [...(to === null ? [] : [tagged(own, to)]), ...(typeof other === 'string' ? [] : [other])],
    remove: [...(to === null ? [tagRows.key(name, own)] : []), ...(typeof other === 'string' ? [other] : [])],
  }
}

/** As somebody tells who remembers nothing. */
async function same(t: ExecutionContext, { tags, metadata }: Scene): Promise<void> {
  const fresh = new RememberedTags({ metadata, look: createManifestLook(metadata) })
  t.deepEqual(await told(tags), await told(fresh))
}

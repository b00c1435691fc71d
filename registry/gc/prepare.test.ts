import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import {
  artifactOf,
  imageOf,
  indexOf,
  named,
  pushArtifact,
  pushBlob,
  pushed,
  subjectOf,
} from '../service/testing/images.ts'
import { memoryRegistry } from '../service/testing/memory-registry.ts'
import { anyDigest, gcStateRow, looseRows, refersRows, reviewRows, useRows } from '../storage/gc-rows.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { manifestRows } from '../storage/rows.ts'
import { collectedRegistry, day, hour } from './testing/collected-registry.ts'

const app = named('team/app')
const [first, second] = [imageOf('1'), imageOf('2')]
const newKinds = [useRows, refersRows, reviewRows, looseRows]

/** Stores as the version before left them: without a row that only this one has. */
async function formerStores(
  fill: (registry: Awaited<ReturnType<typeof memoryRegistry>>) => Promise<void>,
): Promise<{ driver: ReturnType<typeof createMemoryDriver>; metadata: RowStore }> {
  const [driver, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  const registry = await memoryRegistry({ driver, metadata })
  await fill(registry)
  for (const kind of newKinds) {
    const rows = await metadata.list({ prefix: kind.prefix(), limit: 100_000 })
    await metadata.commit({ remove: rows.map(({ key }) => key) })
  }
  return { driver, metadata }
}

async function rowsOf(metadata: RowStore, kind: { prefix: () => string }): Promise<string[]> {
  return (await metadata.list({ prefix: kind.prefix(), limit: 100_000 })).map(({ key }) => key)
}

test('what an earlier version stored is kept and goes as what this one stored', async (t) => {
  const signature = imageOf('sig', subjectOf(first))
  const stores = await formerStores(async ({ service }) => {
    await pushArtifact(service, app, first)
    await pushArtifact(service, app, indexOf([first]), ['i'])
    await pushArtifact(service, app, signature)
    await pushArtifact(service, app, second)
    await pushBlob(service, app, Buffer.from('nobody refers to it'))
  })
  const registry = await collectedRegistry(t, stores)
  t.true((await registry.collector.status()).isPrepared)
  const round = await registry.settle()
  t.is(round.failures, 0)
  const keys = await rowsOf(stores.metadata, manifestRows)
  t.deepEqual(
    new Set<string>(keys.map((key) => key.split(' ')[2] ?? '')),
    new Set<string>([first.digest, signature.digest, indexOf([first]).digest]),
  )
  t.is(await stores.driver.size(digestOf('nobody refers to it')), undefined)
  t.is(await stores.driver.size(digestOf(second.blobs[1] ?? '')), undefined)
  t.deepEqual(await checkRegistry(stores), [])
})

test('nothing goes before all is written down, and untagged manifests have their time from then on', async (t) => {
  const stores = await formerStores(async ({ service }) => void (await pushArtifact(service, app, first)))
  const registry = await collectedRegistry(t, { ...stores, isReadOnly: () => isReadOnly, isFresh: true })
  let isReadOnly = true
  registry.pass(3 * day)
  t.regex((await registry.collector.run()).held.join(), /still being written down/)
  t.false((await registry.collector.status()).isPrepared)
  isReadOnly = false
  t.deepEqual((await registry.collector.run()).held, [])
  registry.pass(day - hour)
  t.like(await registry.collector.run(), { manifests: 0 })
  registry.pass(2 * hour)
  t.like(await registry.collector.run(), { manifests: 1 })
})

test('a process that is killed goes on where it was', async (t) => {
  const stores = await formerStores(async ({ service }) => {
    for (let i = 0; i < 250; i++) {
      const index = artifactOf({ mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [], n: i })
      await service.manifests.put(app, { tag: `t${i}` }, pushed(index))
    }
  })
  let written = 0
  const cut: RowStore = {
    ...stores.metadata,
    commit: async (change) => {
      if (change.put?.some(({ key }) => key.startsWith('refers ')) === true && ++written > 150)
        throw new Error('killed')
      await stores.metadata.commit(change)
    },
  }
  const before = await collectedRegistry(t, { ...stores, metadata: cut, isFresh: true })
  await t.throwsAsync(before.collector.run(), { message: 'killed' })
  const looks: string[] = []
  const watched: RowStore = {
    ...stores.metadata,
    list: async (range) => {
      if (range.prefix === manifestRows.prefix()) looks.push(range.after ?? '')
      return stores.metadata.list(range)
    },
  }
  const after = await collectedRegistry(t, { ...stores, metadata: watched })
  t.true((await after.collector.status()).isPrepared)
  t.is((await rowsOf(stores.metadata, refersRows)).length, 250)
  t.deepEqual(
    looks.filter((key) => key === ''),
    [],
    'it does not begin anew',
  )
})

test('a manifest that cannot be read lets nothing of its repository go, until it is pushed again', async (t) => {
  const stores = await formerStores(async ({ service }) => {
    await pushArtifact(service, app, first, ['1'])
    await pushArtifact(service, named('other'), second)
  })
  await stores.driver.put(first.digest, Buffer.from('damaged'), { replace: true })
  const registry = await collectedRegistry(t, stores)
  await registry.settle().catch(() => undefined) // it is looked at every day anew
  t.true((await rowsOf(stores.metadata, useRows)).includes(useRows.key(app, anyDigest, first.digest)))
  for (const blob of first.blobs) t.truthy(await stores.driver.size(digestOf(blob)))
  t.is(await stores.driver.size(digestOf(second.blobs[0] ?? '')), undefined, 'another repository is not held up')
  await registry.service.manifests.put(app, { tag: '1' }, pushed(first))
  t.false((await rowsOf(stores.metadata, useRows)).includes(useRows.key(app, anyDigest, first.digest)))
  await registry.service.manifests.remove(app, { tag: '1' })
  await registry.settle()
  for (const blob of first.blobs) t.is(await stores.driver.size(digestOf(blob)), undefined)
})

test('after a damage nothing goes, until a check begins anew: then also what was written down in part is whole', async (t) => {
  const registry = await collectedRegistry(t)
  const { service, metadata, driver } = registry
  await pushArtifact(service, app, first, ['1'])
  await pushBlob(service, app, Buffer.from('nobody refers to it'))
  const uses = await rowsOf(metadata, useRows)
  await metadata.commit({ remove: uses, put: [gcStateRow({ pass: 'held' })] })
  registry.pass(2 * hour)
  t.regex((await registry.collector.run({ isNow: true })).held.join(), /fsck/)
  t.truthy(await driver.size(digestOf('nobody refers to it')))
  await metadata.commit({ put: [gcStateRow({ pass: 'manifests', isWhole: true })] })
  await registry.settle()
  t.deepEqual(await rowsOf(metadata, useRows), uses)
  t.deepEqual(await checkRegistry(registry), [])
  t.is(await driver.size(digestOf('nobody refers to it')), undefined)
})

test('manifests that are pushed or removed meanwhile are no hindrance', async (t) => {
  const stores = await formerStores(async ({ service }) => {
    await pushArtifact(service, app, first, ['1'])
    await pushArtifact(service, app, second, ['2'])
  })
  let isDone = false
  const { service: stranger } = await memoryRegistry(stores)
  const interrupted: RowStore = {
    ...stores.metadata,
    commit: async (change) => {
      if (!isDone && change.put?.some(({ key }) => key.startsWith('refers ')) === true) {
        isDone = true
        await stranger.manifests.put(app, { tag: '3' }, pushed(first))
        await stranger.manifests.put(app, { tag: '3' }, pushed(second))
        await stranger.manifests.remove(app, { digest: second.digest })
      }
      await stores.metadata.commit(change)
    },
  }
  const registry = await collectedRegistry(t, { ...stores, metadata: interrupted })
  t.true(isDone)
  t.true((await registry.collector.status()).isPrepared)
  t.deepEqual(await rowsOf(stores.metadata, refersRows), [refersRows.key(app, first.digest)])
  await registry.settle()
  t.deepEqual(await checkRegistry(stores), [])
})

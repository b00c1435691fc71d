import { setImmediate as turn } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import { imageOf, indexOf, named, pushArtifact, pushBlob, pushed, subjectOf } from '../service/testing/images.ts'
import { memoryRegistry } from '../service/testing/memory-registry.ts'
import type { RegistryService } from '../service/types.ts'
import { reviewRows } from '../storage/gc-rows.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { linkRows, manifestRows } from '../storage/rows.ts'
import { type CollectedRegistry, collectedRegistry, day, hour, second } from './testing/collected-registry.ts'

const [app, other] = [named('team/app'), named('other')]
const [first, second_] = [imageOf('1'), imageOf('2')]
const layer = first.blobs[1] ?? Buffer.alloc(0)
const [config, digest] = [digestOf(first.blobs[0] ?? ''), digestOf(layer)]

interface Raced extends CollectedRegistry {
  /** Is done once, before the change that removes a link or a manifest, or such a row; it is waited for only if `isAwaited`. */
  readonly beforeRemoval: (intrude: () => Promise<unknown>, isAwaited: boolean, row?: RegExp) => void
  /** What became of the intruder. */
  readonly intruder: () => Promise<unknown>
  /** Another service over the same stores, which shares no lock, lease or memory with it: as another process would. */
  readonly stranger: RegistryService
  readonly problems: () => Promise<string[]>
}

async function raced(t: ExecutionContext): Promise<Raced> {
  const [driver, memory] = [createMemoryDriver(), createMemoryMetadata()]
  let waiting: { intrude: () => Promise<unknown>; isAwaited: boolean; row: RegExp } | undefined
  let intruder: Promise<unknown> = Promise.reject(new Error('nothing was removed'))
  intruder.catch(() => undefined)
  const metadata: RowStore = {
    ...memory,
    commit: async (change) => {
      const { row } = waiting ?? {}
      if (waiting !== undefined && change.remove?.some((key) => row?.test(key)) === true) {
        const { intrude, isAwaited } = waiting
        waiting = undefined
        intruder = intrude()
        intruder.catch(() => undefined)
        if (isAwaited) await intruder
        else for (let i = 0; i < 20; i++) await turn()
      }
      await memory.commit(change)
    },
  }
  const registry = await collectedRegistry(t, {
    driver,
    metadata,
    gc: { delay: 0, untagged: { remove: true, keep: 0 } },
  })
  const { service: stranger } = await memoryRegistry({ driver, metadata: memory })
  return {
    ...registry,
    stranger,
    beforeRemoval: (intrude, isAwaited, row = /^(?:link|manifest) /) => {
      waiting = { intrude, isAwaited, row }
    },
    intruder: () => intruder,
    problems: () => checkRegistry({ driver, metadata: memory }),
  }
}

test('an image is pushed just before one of its blobs goes: the blob stays', async (t) => {
  const { service, stranger, collector, pass, beforeRemoval, intruder, problems } = await raced(t)
  for (const blob of first.blobs) await pushBlob(service, app, blob)
  pass(day)
  await service.lease(app, config)
  beforeRemoval(() => stranger.manifests.put(app, { tag: '1' }, pushed(first)), true)
  await collector.run()
  await t.notThrowsAsync(intruder())
  pass(day)
  await collector.run()
  t.deepEqual(await problems(), [])
  t.is((await stranger.blobs.open(app, digest)).size, layer.length)
})

for (const [what, leave] of [
  ['to a manifest', (service) => pushArtifact(service, app, first)],
  [
    'anew to a manifest that had one,',
    async (service) => {
      await pushArtifact(service, app, first, ['1'])
      await service.manifests.remove(app, { tag: '1' })
    },
  ],
] satisfies [string, (service: RegistryService) => Promise<unknown>][]) {
  test(`a tag is set ${what} just before it goes: it stays`, async (t) => {
    const { service, stranger, collector, pass, beforeRemoval, intruder, problems, metadata } = await raced(t)
    await leave(service)
    pass(day)
    beforeRemoval(() => stranger.manifests.put(app, { tag: '2' }, pushed(first)), true)
    t.like(await collector.run(), { manifests: 0 })
    await t.notThrowsAsync(intruder())
    pass(day)
    await collector.run()
    t.truthy(await metadata.get(manifestRows.key(app, first.digest)))
    t.deepEqual(await problems(), [])
  })
}

test('an index of it is pushed just before a manifest goes: it stays', async (t) => {
  const { service, stranger, collector, pass, beforeRemoval, intruder, metadata } = await raced(t)
  await pushArtifact(service, app, second_, ['2'])
  await pushArtifact(service, app, first)
  pass(day)
  beforeRemoval(() => pushArtifact(stranger, app, indexOf([first]), ['i']), true)
  t.like(await collector.run(), { manifests: 0 })
  await t.notThrowsAsync(intruder())
  pass(day)
  await collector.run()
  t.truthy(await metadata.get(manifestRows.key(app, first.digest)))
})

test('its subject is pushed just before a referrer goes: it stays', async (t) => {
  const { service, stranger, collector, pass, beforeRemoval, intruder, metadata } = await raced(t)
  const signature = imageOf('sig', subjectOf(first))
  await pushArtifact(service, app, second_, ['2'])
  await pushArtifact(service, app, signature)
  pass(day)
  beforeRemoval(() => pushArtifact(stranger, app, first, ['1']), true)
  t.like(await collector.run(), { manifests: 0 })
  await t.notThrowsAsync(intruder())
  pass(day)
  await collector.run()
  t.truthy(await metadata.get(manifestRows.key(app, signature.digest)))
})

test('a manifest is pushed again, without a tag, just before it goes: its time begins anew', async (t) => {
  const { service, stranger, collector, pass, beforeRemoval, intruder, metadata, settings } = await raced(t)
  settings.untagged = { remove: true, keep: hour }
  await pushArtifact(service, app, first)
  pass(day)
  beforeRemoval(() => stranger.manifests.put(app, { digest: first.digest }, pushed(first)), true)
  t.like(await collector.run(), { manifests: 0 })
  await t.notThrowsAsync(intruder())
  t.truthy(await metadata.get(manifestRows.key(app, first.digest)))
})

test('what is asked for to be looked at while it is looked at is looked at again', async (t) => {
  const { service, collector, pass, beforeRemoval, intruder, metadata } = await raced(t)
  await pushArtifact(service, app, second_, ['2'])
  await pushArtifact(service, app, first, ['1'])
  pass(day)
  await collector.run()
  await service.manifests.remove(app, { tag: '1' })
  await service.manifests.put(app, { tag: '3' }, pushed(first))
  const prefix = reviewRows.prefix()
  const [before] = await metadata.list({ prefix, limit: 1 })
  // The same row anew, as by whatever else frees it in the same second.
  const anew = { key: before?.key ?? '', value: '{"change":"another"}' }
  beforeRemoval(async () => metadata.commit({ put: [anew] }), true, /^review /)
  pass(day)
  await collector.run()
  await intruder()
  t.deepEqual(await metadata.list({ prefix, limit: 9 }), [anew])
})

test('an index that comes and goes just before a manifest of it goes lets the time of that begin anew', async (t) => {
  const { service, stranger, collector, pass, beforeRemoval, intruder, metadata, settings } = await raced(t)
  settings.untagged = { remove: true, keep: hour }
  await pushArtifact(service, app, second_, ['2'])
  await pushArtifact(service, app, first)
  pass(day)
  beforeRemoval(async () => {
    const index = await pushArtifact(stranger, app, indexOf([first]))
    await stranger.manifests.remove(app, { digest: index })
  }, true)
  t.like(await collector.run(), { manifests: 0 })
  await t.notThrowsAsync(intruder())
  t.truthy(await metadata.get(manifestRows.key(app, first.digest)))
})

test('a client that asks for a blob while it goes waits, and is told the truth', async (t) => {
  const { service, collector, pass, beforeRemoval, intruder } = await raced(t)
  await pushBlob(service, app, layer)
  t.is(await service.blobs.size(app, digest), layer.length)
  pass(day)
  beforeRemoval(async () => {
    await service.lease(app, digest)
    return service.blobs.size(app, digest)
  }, false)
  t.like(await collector.run(), { links: 1 })
  await t.throwsAsync(intruder(), { code: 'BLOB_UNKNOWN' })
})

test('a client that asks for a blob before it is looked at finds it until its push is done', async (t) => {
  const { service, collector, pass, problems } = await raced(t)
  for (const blob of first.blobs) await pushBlob(service, app, blob)
  pass(day)
  for (const blob of first.blobs) {
    t.is(service.lease(app, digestOf(blob)), undefined)
    await service.blobs.size(app, digestOf(blob))
  }
  t.like(await collector.run(), { links: 0 })
  await t.notThrowsAsync(service.manifests.put(app, { tag: '1' }, pushed(first)))
  t.deepEqual(await problems(), [])
})

test('a blob is pushed while it goes: it is there afterwards, with its bytes', async (t) => {
  const { service, collector, pass, beforeRemoval, intruder, problems } = await raced(t)
  await pushBlob(service, app, layer)
  pass(day)
  beforeRemoval(() => pushBlob(service, app, layer), false)
  t.like(await collector.run(), { links: 1 })
  await t.notThrowsAsync(intruder())
  t.deepEqual(await problems(), [])
  t.is((await service.blobs.open(app, digest)).size, layer.length)
  t.like(await collector.run(), { links: 0 })
})

test('a blob is mounted elsewhere while its only repository loses it: it is not mounted, or there', async (t) => {
  const { service, collector, pass, beforeRemoval, intruder, problems } = await raced(t)
  await pushBlob(service, app, layer)
  pass(day)
  beforeRemoval(() => service.blobs.mount(other, digest, { from: app }), false)
  t.like(await collector.run(), { links: 1 })
  t.false(await intruder())
  t.deepEqual(await problems(), [])
  await t.throwsAsync(service.blobs.size(other, digest), { code: 'BLOB_UNKNOWN' })
})

test('a blob is mounted before its first repository loses it: its bytes stay', async (t) => {
  const { service, collector, pass, problems } = await raced(t)
  await pushBlob(service, app, layer)
  pass(day)
  t.true(await service.blobs.mount(other, digest, { from: app }))
  t.like(await collector.run(), { links: 1, blobs: 0 })
  t.deepEqual(await problems(), [])
  t.is((await service.blobs.open(other, digest)).size, layer.length)
})

test('an image is pushed while one of its blobs goes: it waits, and is refused', async (t) => {
  const { service, collector, pass, beforeRemoval, intruder, problems } = await raced(t)
  for (const blob of first.blobs) await pushBlob(service, app, blob)
  pass(day)
  await service.lease(app, config)
  beforeRemoval(() => service.manifests.put(app, { tag: '1' }, pushed(first)), false)
  await collector.run()
  await t.throwsAsync(intruder(), { code: 'MANIFEST_BLOB_UNKNOWN' })
  t.deepEqual(await problems(), [])
})

test('a push that is being stored keeps what it refers to, however long that takes', async (t) => {
  const { service, collector, pass, driver, problems } = await raced(t)
  for (const blob of first.blobs) await pushBlob(service, app, blob)
  pass(day)
  const held = Promise.withResolvers<void>()
  const open = driver.open.bind(driver)
  Object.assign(driver, {
    open: async (wanted: typeof digest) => {
      if (wanted === first.digest) await held.promise
      return open(wanted)
    },
  })
  const put = service.manifests.put(app, { tag: '1' }, pushed(first))
  for (let i = 0; i < 5; i++) {
    await turn()
    pass(50 * 60 * second)
    t.like(await collector.run(), { links: 0 })
  }
  held.resolve()
  await t.notThrowsAsync(put)
  t.deepEqual(await problems(), [])
})

test('a blob that is deleted while it is looked at is gone, and its bytes with it', async (t) => {
  const { service, collector, pass, beforeRemoval, intruder, metadata, driver } = await raced(t)
  await pushBlob(service, app, layer)
  pass(day)
  beforeRemoval(() => service.blobs.remove(app, digest), false)
  await collector.run()
  await t.throwsAsync(intruder(), { code: 'BLOB_UNKNOWN' })
  t.is(await metadata.get(linkRows.key(app, digest)), undefined)
  t.is(await driver.size(digest), undefined)
})

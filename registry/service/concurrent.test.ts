import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { openLevelMetadata } from '../storage/level-metadata.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { historyRows } from '../storage/rows.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { isRegistryError } from './testing/errors.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed, subjectOf } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const app = named('team/app')
const images = Array.from({ length: 20 }, (_, i) => imageOf(String(i)))

/** Metadata whose answers come a few turns late, so that others come in between. */
function slow(): RowStore {
  const metadata = createMemoryMetadata()
  let count = 0
  const late = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let turns = count++ % 4; turns > 0; turns--) await turn()
    const result = await work()
    for (let turns = count++ % 3; turns > 0; turns--) await turn()
    return result
  }
  return {
    get: (key) => late(() => metadata.get(key)),
    getMany: (keys) => late(() => metadata.getMany(keys)),
    list: (range) => late(() => metadata.list(range)),
    commit: (change) => late(() => metadata.commit(change)),
    snapshot: () => late(() => metadata.snapshot()),
    close: () => metadata.close(),
  }
}

test('of pushes of one tag at once all succeed, the last one wins, and all are remembered', async (t) => {
  const registry = await memoryRegistry({ metadata: slow() })
  const { service, metadata } = registry
  const digests = await Promise.all(images.map((image) => pushArtifact(service, app, image, ['latest', 'stable'])))
  const rows = await metadata.list({ prefix: historyRows.prefix(app, 'latest'), limit: 1000 })
  const moves = rows.map(({ key, value }) => historyRows.parse(key, value).digest)
  t.deepEqual(moves.map(String).toSorted(), digests.map(String).toSorted())
  const last = digests.find((digest) => digest === moves.at(-1))
  const found = await service.manifests.get(app, { tag: 'latest' })
  t.true(found.digest === last)
  t.true(service.manifests.peek(app, { tag: 'latest' })?.digest === last)
  t.deepEqual(await checkRegistry(registry), [])
})

test('of pushes of one manifest at once, with other tags and into other repositories, all succeed', async (t) => {
  const registry = await memoryRegistry({ metadata: slow() })
  const image = imageOf('a', subjectOf(imageOf('subject')))
  const names = ['a', 'b'].map(named)
  await Promise.all(
    names.flatMap((name) =>
      Array.from({ length: 10 }, (_, i) => pushArtifact(registry.service, name, image, [`t${i}`, 'same'])),
    ),
  )
  for (const name of names) {
    t.is((await registry.service.tags(name, { count: 100, last: undefined })).items.length, 11)
  }
  t.deepEqual(await checkRegistry(registry), [])
})

test('pushes of one manifest at once, each with a tag of its own, share their syncs', async (t) => {
  const written: number[] = []
  const folder = temporaryFolder(t)
  const metadata = await openLevelMetadata({ folder, onWritten: (changes) => written.push(changes) })
  let puts = 0
  const memory = createMemoryDriver()
  const driver: BlobDriver = {
    ...memory,
    put: async (...args) => {
      puts++
      await turn()
      await memory.put(...args)
    },
  }
  const registry = await memoryRegistry({ metadata, driver })
  const image = imageOf('a')
  for (const blob of image.blobs) await pushBlob(registry.service, app, blob)
  for (const round of ['first', 'next']) {
    ;[puts, written.length] = [0, 0]
    const tags = Array.from({ length: 32 }, (_, i) => `${round}-${i}`)
    await Promise.all(tags.map((tag) => registry.service.manifests.put(app, { tag }, pushed(image))))
    t.true(written.length <= 6, `${round}: ${written.join(' ')}`)
    t.true(puts <= 2, `${round}: ${puts}`)
  }
  t.is((await registry.service.tags(app, { count: 100, last: undefined })).items.length, 64)
  t.deepEqual(await checkRegistry(registry), [])
  await registry.service.close()
})

test('of removals at once one is told that it was done, and the rest that there is nothing', async (t) => {
  const registry = await memoryRegistry({ metadata: slow() })
  const digest = await pushArtifact(registry.service, app, images[0] ?? imageOf('x'), ['1', '2'])
  for (const ref of [{ tag: '1' }, { digest }]) {
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => registry.service.manifests.remove(app, ref)),
    )
    t.is(results.filter(({ status }) => status === 'fulfilled').length, 1)
  }
  t.deepEqual(await checkRegistry(registry), [])
})

test('a tag that is moved all the time is never unknown, also when what it led to is removed', async (t) => {
  const { service } = await memoryRegistry({ metadata: slow() })
  await pushArtifact(service, app, images[0] ?? imageOf('x'), ['latest'])
  const state = { isOver: false }
  const move = async (): Promise<void> => {
    for (const image of images.slice(1)) {
      const before = await service.manifests.get(app, { tag: 'latest' })
      await pushArtifact(service, app, image, ['latest'])
      await service.manifests.remove(app, { digest: before.digest })
    }
    state.isOver = true
  }
  const look = async (): Promise<void> => {
    while (!state.isOver) {
      await t.notThrowsAsync(service.manifests.get(app, { tag: 'latest' }))
      await turn()
    }
  }
  await Promise.all([move(), look(), look()])
})

test('a blob that is removed while its image is pushed: the push is refused, or the blob went after it', async (t) => {
  for (let i = 0; i < 30; i++) {
    const registry = await memoryRegistry({ metadata: slow() })
    const { service } = registry
    const image = imageOf(`${i}`)
    const digests = []
    for (const blob of image.blobs) digests.push(await pushBlob(service, app, blob))
    const put = service.manifests.put(app, { tag: '1' }, pushed(image)).then(
      () => 'put',
      () => 'refused',
    )
    for (let turns = i; turns > 0; turns--) await turn()
    const size = service.blobs.remove(app, digests[1] ?? image.digest)
    const result = await put
    await size
    const tags = await service.tags(app, { count: 9, last: undefined })
    t.is(tags.items.length, result === 'put' ? 1 : 0)
    t.deepEqual(await checkRegistry(registry, { mayLackBlobs: true }), [])
  }
})

type Work = (service: RegistryService) => Promise<unknown>

const some = images.slice(0, 3)
const names = ['a', 'a-b'].map(named)
const aName = fc.constantFrom(...names)
const anImage = fc.constantFrom(...some, imageOf('r', subjectOf(some[0] ?? imageOf('0'))))
const aTag = fc.constantFrom('1', '2')

const work: fc.Arbitrary<Work> = fc.oneof(
  fc.tuple(aName, anImage, fc.uniqueArray(aTag)).map(
    ([name, image, tags]): Work =>
      (service) =>
        pushArtifact(service, name, image, tags),
  ),
  fc.tuple(aName, aTag).map(
    ([name, tag]): Work =>
      (service) =>
        service.manifests.remove(name, { tag }),
  ),
  fc.tuple(aName, anImage).map(
    ([name, { digest }]): Work =>
      (service) =>
        service.manifests.remove(name, { digest }),
  ),
  fc.tuple(aName, aTag).map(
    ([name, tag]): Work =>
      (service) =>
        service.manifests.get(name, { tag }),
  ),
)

test('whatever is done at once, what is stored is whole, and what is at hand is what is stored', async (t) => {
  const run = async (lanes: readonly (readonly Work[])[]): Promise<void> => {
    const registry = await memoryRegistry({ metadata: slow() })
    await Promise.all(
      lanes.map(async (lane) => {
        for (const each of lane) {
          await each(registry.service).catch((error: unknown) => {
            if (!isRegistryError(error)) throw error
          })
        }
      }),
    )
    t.deepEqual(await checkRegistry(registry), [])
    const { service: fresh } = await memoryRegistry(registry)
    for (const name of names) {
      for (const tag of ['1', '2']) {
        const stored = await fresh.manifests.get(name, { tag }).catch(() => undefined)
        const now = await registry.service.manifests.get(name, { tag }).catch(() => undefined)
        t.is(now?.digest, stored?.digest)
      }
    }
  }
  const lanes = fc.array(fc.array(work, { maxLength: 6 }), { minLength: 2, maxLength: 4 })
  await fc.assert(fc.asyncProperty(lanes, run), { numRuns: 100, interruptAfterTimeLimit: 8000 })
})

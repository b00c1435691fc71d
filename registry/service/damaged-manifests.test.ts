import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { RegistryError } from '../protocol/error.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { imageOf, indexOf, named, pushArtifact, pushBlob, pushed } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const app = named('team/app')
const all = { count: 1000, last: undefined }
const code = (wanted: string): { code: string } => ({ code: wanted })

test('a manifest that is damaged on the disk is taken out of sight, and mended by the next push', async (t) => {
  const { driver, metadata, service } = await memoryRegistry()
  const image = imageOf('a')
  const digest = await pushArtifact(service, app, image, ['1'])
  for (const damaged of [Buffer.from('{}'), Buffer.from(image.bytes).fill('x', 5, 6)]) {
    await driver.put(digest, damaged, { replace: true })
    const { service: fresh } = await memoryRegistry({ driver, metadata })
    await t.throwsAsync(fresh.manifests.get(app, { tag: '1' }), code('UNKNOWN'))
    t.is(await driver.size(digest), undefined, 'set aside')
    await t.throwsAsync(fresh.manifests.get(app, { digest }), code('UNKNOWN'), 'it is not said to be unknown')
    await fresh.manifests.put(app, { tag: '1' }, pushed(image))
    t.deepEqual(Buffer.from((await fresh.manifests.get(app, { digest })).bytes), image.bytes)
  }
  await driver.put(digest, Buffer.from(image.bytes).fill('x', 5, 6), { replace: true })
  const { service: last } = await memoryRegistry({ driver, metadata })
  await last.manifests.put(app, { tag: '1' }, pushed(image))
  const { service: next } = await memoryRegistry({ driver, metadata })
  t.is((await next.manifests.get(app, { digest })).digest, digest, 'also when nobody had seen the damage')
})

test('an image is refused while a blob of it is damaged, told from memory or not, until the blob is pushed again', async (t) => {
  const { driver, service } = await memoryRegistry()
  const image = imageOf('a')
  const [config = Buffer.alloc(0), layer = Buffer.alloc(0)] = image.blobs
  await pushArtifact(service, app, image, ['1'])
  await (await service.blobs.open(app, digestOf(config))).close()
  t.truthy(service.blobs.peek(app, digestOf(config)), 'it is in memory')
  await driver.remove(digestOf(config))
  await driver.put(digestOf(layer), layer.subarray(1), { replace: true })
  for (const blob of [config, layer]) {
    for (const tag of ['1', '2']) {
      const error = await t.throwsAsync(service.manifests.put(app, { tag }, pushed(image)))
      const missing = error instanceof AggregateError ? (error.errors as RegistryError[]) : [error as RegistryError]
      t.true(missing.some(({ detail }) => (detail as { digest: Digest }).digest === digestOf(blob)))
      t.true(missing.every((each) => each.code === 'MANIFEST_BLOB_UNKNOWN'))
    }
    t.is(service.blobs.peek(app, digestOf(blob)), undefined)
    await t.throwsAsync(service.blobs.size(app, digestOf(blob)), code('BLOB_UNKNOWN'), 'so that it is pushed')
    t.false(await service.blobs.mount(named('other'), digestOf(blob), { from: app }))
    await pushBlob(service, app, blob)
  }
  await t.notThrowsAsync(service.manifests.put(app, { tag: '2' }, pushed(image)))
})

test('where indexes need all their manifests, one that is damaged is missing', async (t) => {
  const { driver, service } = await memoryRegistry({ sparse: 'refuse' })
  const [child, index] = [imageOf('a'), indexOf([imageOf('a')])]
  await pushArtifact(service, app, child)
  await driver.remove(child.digest)
  await t.throwsAsync(service.manifests.put(app, { tag: '1' }, pushed(index)), code('MANIFEST_BLOB_UNKNOWN'))
  await pushArtifact(service, app, child)
  await t.notThrowsAsync(service.manifests.put(app, { tag: '1' }, pushed(index)))
})

test('a manifest that cannot be read is mended by the next push', async (t) => {
  const [memory, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  const image = imageOf('a')
  const unreadable = new Set<Digest>()
  const driver: BlobDriver = {
    ...memory,
    open: async (digest) => {
      const reader = await memory.open(digest)
      const read = async (): Promise<number> => Promise.reject(new Error('EIO: i/o error, read'))
      return reader && { ...reader, ...(unreadable.has(digest) && { read }) }
    },
    put: async (digest, bytes, options) => {
      if (options?.replace === true) unreadable.delete(digest)
      await memory.put(digest, bytes, options)
    },
  }
  await pushArtifact((await memoryRegistry({ driver, metadata })).service, app, image, ['1'])
  for (const isAskedFor of [false, true]) {
    unreadable.add(image.digest)
    const { service } = await memoryRegistry({ driver, metadata })
    if (isAskedFor) await t.throwsAsync(service.manifests.get(app, { tag: '1' }), code('UNKNOWN'))
    if (isAskedFor) unreadable.clear() // it is out of sight
    await service.manifests.put(app, { tag: '1' }, pushed(image))
    const { service: next } = await memoryRegistry({ driver, metadata })
    t.deepEqual(Buffer.from((await next.manifests.get(app, { tag: '1' })).bytes), image.bytes)
  }
})

test('a damaged row is an error for those who read it, and is mended by the next push', async (t) => {
  const { service, driver, metadata } = await memoryRegistry()
  const image = imageOf('a')
  await pushArtifact(service, app, image, ['1'])
  for (const key of [tagRows.key(app, '1'), manifestRows.key(app, image.digest)]) {
    await metadata.commit({ put: [{ key, value: '{"dig' }] })
    const { service: fresh } = await memoryRegistry({ driver, metadata })
    await t.throwsAsync(fresh.manifests.get(app, { tag: '1' }), code('STORE_INVALID'))
    t.deepEqual((await fresh.tags(app, all)).items, ['1'])
    await fresh.manifests.put(app, { tag: '1' }, pushed(image))
    t.is((await fresh.manifests.get(app, { tag: '1' })).digest, image.digest)
    t.deepEqual(await checkRegistry({ metadata, driver }), [])
  }
  await metadata.commit({ put: [{ key: tagRows.key(app, '1'), value: '7' }] })
  await service.manifests.remove(app, { tag: '1' })
  t.deepEqual((await service.tags(app, all)).items, [])
})

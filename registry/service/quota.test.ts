import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { linkRows, settingRows, uploadRows } from '../storage/rows.ts'
import { createQuotaGuard, QuotaExceeded, type QuotaFor } from './quota.ts'
import { body } from './testing/bodies.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed } from './testing/images.ts'
import { type MemoryRegistry, memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'
import { usageOf } from './usage.ts'

const [app, other] = [named('team/app'), named('other')]
const limited =
  (bytes: number): QuotaFor =>
  (name) =>
    name === app ? { bytes, rule: 'team/*' } : undefined
const refused = { instanceOf: QuotaExceeded, code: 'DENIED' }

async function registryOf(t: ExecutionContext, quotaFor: QuotaFor): Promise<MemoryRegistry> {
  const registry = await memoryRegistry({ quotaFor })
  t.teardown(() => registry.service.close())
  return registry
}

async function used({ metadata }: MemoryRegistry): Promise<number> {
  return (await usageOf(metadata, app)).bytes
}

async function onTheWay(service: RegistryService): Promise<number | undefined> {
  for await (const { name, onTheWay: bytes } of service.usage()) if (name === app) return bytes
  return undefined
}

test('what fits to the byte is taken, and one byte more is refused at its start', async (t) => {
  const registry = await registryOf(t, limited(10))
  const { service } = registry
  await pushBlob(service, app, Buffer.from('0123456'))
  const error = await t.throwsAsync(service.uploads.start(app, { length: 4 }), refused)
  t.like(error, {
    status: 403,
    message:
      'the quota of team/app is 10 bytes (quota: team/*), of which 7 are used: delete images there, or ask for more',
    detail: { name: 'team/app', limit: 10, used: 7, onTheWay: 0, rule: 'team/*' },
  })
  t.is((await service.uploads.list()).length, 0, 'nothing of it is left')
  await service.uploads.start(app, { length: 3 }).then(({ id }) => service.uploads.cancel(app, id))
  await pushBlob(service, app, Buffer.from('abc'))
  t.is(await used(registry), 10)
  await t.throwsAsync(service.uploads.start(app), refused, 'full: no upload begins, of whatever length')
  await service.uploads.start(other, { length: 1000 })
})

test('the same blob again counts nothing, and one that is deleted makes room', async (t) => {
  const registry = await registryOf(t, limited(10))
  const { service } = registry
  const digest = await pushBlob(service, app, Buffer.from('01234'))
  await pushBlob(service, app, Buffer.from('01234'))
  t.is(await used(registry), 5)
  await t.throwsAsync(service.uploads.start(app, { length: 6 }), refused)
  await service.blobs.remove(app, digest)
  t.is(await used(registry), 0)
  await pushBlob(service, app, Buffer.from('0123456789'))
})

test('a part that says its length is refused before a byte of it is read, and that is the end of the upload', async (t) => {
  const { service } = await registryOf(t, limited(10))
  let isRead = false
  async function* bytes(): AsyncGenerator<Uint8Array> {
    isRead = true
    yield Buffer.from('x')
  }
  const { id } = await service.uploads.start(app)
  await service.uploads.append(app, id, { bytes: body('01234'), length: 5 })
  await t.throwsAsync(service.uploads.append(app, id, { bytes: bytes(), length: 6 }), refused)
  t.false(isRead)
  await t.throwsAsync(service.uploads.state(app, id), { code: 'BLOB_UPLOAD_UNKNOWN' })
  t.is(await onTheWay(service), undefined)
})

test('a part of unknown length ends where it crosses the quota', async (t) => {
  const chunk = Buffer.alloc(2 ** 20)
  const { service } = await registryOf(t, limited(5 * 2 ** 20))
  let sent = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; sent < 200; sent++) yield chunk
  }
  const { id } = await service.uploads.start(app)
  await t.throwsAsync(service.uploads.append(app, id, { bytes: endless() }), refused)
  t.true(sent < 20, String(sent))
  t.deepEqual(await service.uploads.list(), [])
  const last = await service.uploads.start(app)
  const digest = digestOf(chunk)
  await t.throwsAsync(
    service.uploads.finish(app, last.id, { digest, body: { bytes: endless() } }),
    refused,
    'nor with the last part',
  )
})

test('what is on its way counts: side by side no more is let in than fits, and what fits is', async (t) => {
  const { service } = await registryOf(t, limited(100))
  const starts = await Promise.allSettled(Array.from({ length: 20 }, () => service.uploads.start(app, { length: 30 })))
  const ids = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value.id] : []))
  t.is(ids.length, 3)
  for (const start of starts) if (start.status === 'rejected') t.true(start.reason instanceof QuotaExceeded)
  const error = await t.throwsAsync(service.uploads.start(app, { length: 11 }), refused)
  t.regex(error?.message ?? '', /of which 0 are used and 90 on their way/)
  await service.uploads.cancel(app, ids[0] ?? '')
  const { id } = await service.uploads.start(app, { length: 40 })
  await service.uploads.cancel(app, id)
})

test('many uploads of unknown length at once never leave more than the quota', async (t) => {
  const registry = await registryOf(t, limited(100))
  const { service } = registry
  const push = async (text: string): Promise<unknown> => pushBlob(service, app, Buffer.from(text.padEnd(9)))
  const results = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => push(String(i))))
  const stored = results.filter(({ status }) => status === 'fulfilled').length
  t.is(await used(registry), stored * 9)
  t.true(stored >= 1 && stored <= 11, String(stored))
  for (const result of results) if (result.status === 'rejected') t.true(result.reason instanceof QuotaExceeded)
  t.is(await onTheWay(service), 0)
})

test('a body that breaks off takes only what came of it', async (t) => {
  const { service } = await registryOf(t, limited(100))
  await pushBlob(service, app, Buffer.from('x'))
  const { id } = await service.uploads.start(app)
  const broken = { bytes: body('0123456789', new Error('gone')), length: 90 }
  await t.throwsAsync(service.uploads.append(app, id, broken), { message: 'gone' })
  t.is(await onTheWay(service), 10)
  await service.uploads.cancel(app, id)
  t.is(await onTheWay(service), 0)
})

test('bytes that come to be stored while somebody looks count all the same', async (t) => {
  const metadata = createMemoryMetadata()
  await metadata.commit({ put: [settingRows.row(['usage'], 'counted')] })
  let intrude: (() => Promise<void>) | undefined
  const looked: RowStore = {
    ...metadata,
    getMany: async (keys) => {
      const values = await metadata.getMany(keys)
      const work = intrude
      intrude = undefined
      await work?.()
      return values
    },
  }
  const quota = createQuotaGuard({ metadata: looked, quotaFor: limited(10) })
  const [first, second] = [quota.open(app), quota.open(app)]
  await first.resize(6)
  intrude = async () => {
    await metadata.commit({ put: [linkRows.row([app, digestOf(Buffer.from('x'))], { size: 6, at: 1 })] })
    first.end()
  }
  await t.throwsAsync(second.resize(6), refused)
  await second.resize(4)
})

test('an upload of an earlier process counts with what it has', async (t) => {
  const { driver, metadata, service: before } = await registryOf(t, limited(100))
  const digest = await pushBlob(before, other, Buffer.from('abcdef'))
  const at = Date.now()
  const row = { name: app, offset: 95, algorithm: 'sha256', startedAt: at, at } as const
  await metadata.commit({ put: [uploadRows.row(['3e5f0d2c-0000-4000-8000-000000000000'], row)] })
  const { service } = await memoryRegistry({ driver, metadata, quotaFor: limited(100) })
  await t.throwsAsync(service.blobs.mount(app, digest, { from: other }), { ...refused, message: /95 on their way/ })
  await t.throwsAsync(service.uploads.start(app, { length: 6 }), { ...refused, message: /95 on their way/ })
  await service.uploads.start(app, { length: 5 })
})

test('a mount and a manifest count as well', async (t) => {
  const registry = await registryOf(t, limited(1200))
  const { service } = registry
  const [layer, image] = [Buffer.alloc(1000), imageOf('1')]
  const digest = await pushBlob(service, other, layer)
  t.true(await service.blobs.mount(app, digest, { from: other }))
  t.true(await service.blobs.mount(app, digest, { from: other }), 'again')
  t.is(await used(registry), 1000)
  const second = await pushBlob(service, other, Buffer.alloc(201))
  await t.throwsAsync(service.blobs.mount(app, second, { from: other }), refused)
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  await t.throwsAsync(service.manifests.put(app, { tag: '1' }, pushed(image)), refused)
  t.is(await onTheWay(service), 0)
  await service.blobs.remove(app, digest)
  await service.manifests.put(app, { tag: '1' }, pushed(image))
  t.is(
    await used(registry),
    [image.bytes, ...image.blobs].reduce((sum, { length }) => sum + length, 0),
  )
})

test('in a full repository tags still move between the images that are there', async (t) => {
  let limit = 100_000
  const registry = await registryOf(t, (name) => limited(limit)(name))
  const { service } = registry
  const [first, second] = [imageOf('1'), imageOf('2')]
  await pushArtifact(service, app, first, ['x'])
  await pushArtifact(service, app, second)
  limit = await used(registry)
  await service.manifests.put(app, { tag: 'x' }, pushed(second))
  await service.manifests.put(app, { tag: 'y' }, pushed(first))
  await service.manifests.remove(app, { tag: 'y' })
  limit = 1
  await t.throwsAsync(pushBlob(service, app, Buffer.from('z')), { instanceOf: RegistryError, message: /is 1 bytes/ })
  await service.manifests.put(app, { tag: 'z' }, pushed(first))
})

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import type { RegistryError } from '../protocol/error.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { doomedRows, settingRows } from '../storage/rows.ts'
import type { ServiceOptions } from './create-service.ts'
import { body } from './testing/bodies.ts'
import { imageOf, named, pushArtifact, pushBlob, pushed } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const app = named('team/app')
const image = imageOf('a')

/** All that writes, each made ready to be tried; what is begun before is given. */
async function writes(service: RegistryService): Promise<Record<string, () => Promise<unknown>>> {
  const digest = await pushArtifact(service, app, image, ['1', '2'])
  const blob = await pushBlob(service, app, Buffer.from('blob'))
  const { id } = await service.uploads.start(app)
  const none = async function* (): AsyncGenerator<Uint8Array> {}
  return {
    start: () => service.uploads.start(app),
    append: () => service.uploads.append(app, id, { bytes: none() }),
    finish: () => service.uploads.finish(app, id, { digest: blob }),
    mount: () => service.blobs.mount(named('other'), blob, { from: app }),
    'put manifest': () => service.manifests.put(app, { tag: '3' }, pushed(image)),
    'remove tag': () => service.manifests.remove(app, { tag: '1' }),
    'remove manifest': () => service.manifests.remove(app, { digest }),
    'remove blob': () => service.blobs.remove(app, blob),
  }
}

async function reads(service: RegistryService): Promise<void> {
  await service.manifests.get(app, { tag: '1' })
  await service.tags(app, { count: 1, last: undefined })
  await service.catalog({ count: 1, last: undefined })
}

test('read-only: all that writes is refused for good, all that reads works, and it is kept', async (t) => {
  const { service, driver, metadata } = await memoryRegistry()
  const all = await writes(service)
  t.false(service.isReadOnly)
  await service.setReadOnly(true)
  t.true(service.isReadOnly)
  for (const [what, write] of Object.entries(all)) {
    const error = await t.throwsAsync<RegistryError>(write(), { code: 'DENIED' }, what)
    t.is(error?.status, 405, what)
    t.deepEqual(error?.headers, { Allow: 'HEAD, GET' }, what)
  }
  await t.notThrowsAsync(reads(service))
  const { service: next } = await memoryRegistry({ driver, metadata })
  t.true(next.isReadOnly)
  await t.throwsAsync(next.uploads.start(app), { code: 'DENIED' })
  await next.setReadOnly(false)
  t.false(next.isReadOnly)
  await t.notThrowsAsync(next.uploads.start(app))
})

test('what an earlier process left half done is ended when the registry is read-only no more', async (t) => {
  const [driver, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  const digest = digestOf('left over')
  await driver.put(digest, Buffer.from('left over'))
  await metadata.commit({ put: [doomedRows.row([digest], true), settingRows.row(['read-only'], true)] })
  const { service } = await memoryRegistry({ driver, metadata })
  await sleep(20)
  t.truthy(await driver.size(digest))
  await service.setReadOnly(false)
  await service.close()
  t.is(await driver.size(digest), undefined)
})

/** A registry whose next commit is held until it is released. */
async function held(options: Partial<ServiceOptions>): Promise<{
  readonly service: RegistryService
  readonly hold: () => () => void
  readonly commits: () => number
}> {
  const inner = createMemoryMetadata()
  let [gate, commits] = [Promise.resolve(), 0]
  const commit = async (change: Change): Promise<void> => {
    const isSetting = change.put?.some(({ key }) => key.startsWith(settingRows.prefix())) === true
    if (!isSetting) await gate
    await inner.commit(change)
    commits++
  }
  const { service } = await memoryRegistry({ ...options, metadata: { ...inner, commit } })
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return resolve
  }
  return { service, hold, commits: () => commits }
}

test('read-only waits for what writes already, and then nothing changes any more', async (t) => {
  const { service, hold, commits } = await held({})
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  const release = hold()
  const put = service.manifests.put(app, { tag: '1' }, pushed(image))
  let isAnswered = false
  const switched = service.setReadOnly(true).then(() => (isAnswered = true))
  await sleep(20)
  t.true(service.isReadOnly, 'what is new is refused meanwhile')
  await t.throwsAsync(service.manifests.remove(app, { tag: '1' }), { code: 'DENIED' })
  t.false(isAnswered)
  t.is(service.writesRunning, 1)
  release()
  await switched
  t.is(service.writesRunning, 0)
  const before = commits()
  await put
  await sleep(20)
  t.is(commits(), before)
})

test('read-only waits for a while only, and tells how many writes are left', async (t) => {
  const { service, hold } = await held({ patience: 30 })
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  const release = hold()
  const put = service.manifests.put(app, { tag: '1' }, pushed(image))
  await service.setReadOnly(true)
  t.is(service.writesRunning, 1)
  release()
  await put
  t.is(service.writesRunning, 0)
})

test('an upload that receives ends when the registry becomes read-only, and goes on from there afterwards', async (t) => {
  const { service } = await memoryRegistry()
  const { id } = await service.uploads.start(app)
  const bytes = Buffer.alloc(3_000_000, 'x')
  const { promise: isSwitched, resolve: tell } = Promise.withResolvers<void>()
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 1_000_000)
    await isSwitched
    for (let at = 1_000_000; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
  }
  const finishing = service.uploads.finish(app, id, { digest: digestOf(bytes), body: { bytes: slow() } })
  const refused = t.throwsAsync(finishing, { code: 'DENIED' })
  while ((await service.uploads.list())[0]?.received === 0) await sleep(5)
  const switched = service.setReadOnly(true)
  await sleep(20)
  tell()
  await switched
  t.is(service.writesRunning, 0)
  await refused
  const { offset } = await service.uploads.state(app, id)
  t.true(offset > 0 && offset <= 1_000_000, String(offset))
  await service.setReadOnly(false)
  const rest = body(bytes.subarray(offset))
  await service.uploads.finish(app, id, { digest: digestOf(bytes), body: { bytes: rest } })
  t.is(await service.blobs.size(app, digestOf(bytes)), bytes.length)
})

test('while read-only, what reads changes nothing either: damaged content stays, no upload is opened', async (t) => {
  const memory = createMemoryDriver()
  const changes: string[] = []
  const driver: BlobDriver = {
    ...memory,
    setAside: async (digest) => {
      changes.push('set aside')
      await memory.setAside(digest)
    },
    openUpload: async (id, acknowledged) => {
      changes.push('opened')
      return memory.openUpload(id, acknowledged)
    },
  }
  const { service: first, metadata } = await memoryRegistry({ driver })
  const digest = await pushArtifact(first, app, image, ['1'])
  const blob = await pushBlob(first, app, Buffer.from('blob'))
  const { id } = await first.uploads.start(app)
  await first.uploads.append(app, id, { bytes: body('x') })
  for (const damaged of [digest, blob]) await memory.put(damaged, Buffer.from('damaged'), { replace: true })
  const { service } = await memoryRegistry({ driver, metadata })
  await service.setReadOnly(true)
  changes.length = 0
  const look = async (): Promise<void> => {
    await t.throwsAsync(service.manifests.get(app, { digest }), { code: 'UNKNOWN' })
    await t.throwsAsync(service.blobs.open(app, blob), { code: 'UNKNOWN' })
    t.is((await service.uploads.state(app, id)).offset, 1)
  }
  await look()
  t.deepEqual(changes, [])
  await service.setReadOnly(false)
  await look()
  t.deepEqual(changes, ['set aside', 'set aside', 'opened'])
})

test('read-only because the configuration says so is not kept', async (t) => {
  let isForced = true
  const { service } = await memoryRegistry({ isReadOnly: () => isForced })
  t.true(service.isReadOnly)
  await t.throwsAsync(service.uploads.start(app), { code: 'DENIED' })
  isForced = false
  t.false(service.isReadOnly)
  await t.notThrowsAsync(service.uploads.start(app))
})

test('a full disk: what adds is 507 with Retry-After, what removes works, and it is over when there is space', async (t) => {
  let free = 10_000
  let now = 1000
  const driver = { ...createMemoryDriver(), space: () => Promise.resolve({ free, total: 100_000 }) }
  const { service } = await memoryRegistry({ driver, limits: { reserve: 1000 }, now: () => now })
  const all = await writes(service)
  free = 999
  now += 10_000
  for (const what of ['start', 'put manifest']) {
    const error = await t.throwsAsync<RegistryError>(all[what]?.() ?? Promise.resolve(), { code: 'UNAVAILABLE' }, what)
    t.is(error?.status, 507, what)
    t.truthy(error?.headers['Retry-After'], what)
  }
  await t.notThrowsAsync(reads(service))
  for (const what of ['remove tag', 'remove manifest', 'remove blob'])
    await t.notThrowsAsync(all[what]?.() ?? Promise.reject(), what)
  free = 10_000
  now += 10_000
  await t.notThrowsAsync(pushArtifact(service, app, image))
})

test('space that an upload is to take is not given to a manifest', async (t) => {
  const driver = { ...createMemoryDriver(), space: () => Promise.resolve({ free: 10_000, total: 100_000 }) }
  const { service } = await memoryRegistry({ driver, limits: { reserve: 1000 } })
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  const { id } = await service.uploads.start(app)
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: isEnded, resolve: end } = Promise.withResolvers<void>()
  async function* slow(): AsyncGenerator<Uint8Array> {
    begin()
    await isEnded
    yield Buffer.alloc(8900)
  }
  const appending = service.uploads.append(app, id, { bytes: slow(), length: 8900 })
  await begun
  const put = (): Promise<unknown> => service.manifests.put(app, { tag: '1' }, pushed(image))
  const error = await t.throwsAsync<RegistryError>(put(), { code: 'UNAVAILABLE' })
  t.is(error?.status, 507)
  end()
  await appending
  await t.notThrowsAsync(put(), 'the disk counts them now')
})

/** Metadata that cannot be written while `fails` gives an error. */
function failing(fails: () => Error | undefined): RowStore {
  const metadata = createMemoryMetadata()
  const commit = (change: Change): Promise<void> => {
    const error = fails()
    return error === undefined ? metadata.commit(change) : Promise.reject(error)
  }
  return { ...metadata, commit }
}

test('reading and writing are tried: the try says what a push would be told, and leaves nothing', async (t) => {
  let error: Error | undefined
  let free = 10_000
  let now = 1000
  const metadata = failing(() => error)
  const driver = { ...createMemoryDriver(), space: () => Promise.resolve({ free, total: 100_000 }) }
  const { service } = await memoryRegistry({ metadata, driver, limits: { reserve: 1000 }, now: () => now })
  const rows = async (): Promise<string> => JSON.stringify(await metadata.list({ prefix: '', limit: 10 }))
  while (!(await rows()).includes('counted')) await sleep(1)
  const before = await rows()
  await t.notThrowsAsync(service.tryReading())
  await t.notThrowsAsync(service.tryWriting())
  t.is(await rows(), before)
  error = new IbuildError('SYSTEM_CALL', 'EIO')
  await t.throwsAsync(service.tryWriting(), { code: 'UNAVAILABLE', message: /cannot write/ })
  error = undefined
  await t.notThrowsAsync(service.tryWriting())
  free = 999
  now += 10_000
  await t.throwsAsync(service.tryWriting(), { code: 'UNAVAILABLE', message: /full/ })
  free = 10_000
  now += 10_000
  await service.setReadOnly(true)
  error = new Error('written to though read-only')
  await t.throwsAsync(service.tryWriting(), { code: 'DENIED', message: /read-only/ })
  await t.notThrowsAsync(service.tryReading())
})

for (const [code, status] of [
  ['DISK_FULL', 507],
  ['SYSTEM_CALL', 503],
] as const) {
  test(`metadata that cannot be written (${code}) are ${status}, and nothing is half done`, async (t) => {
    let error: Error | undefined
    const metadata = failing(() => error)
    const { service } = await memoryRegistry({ metadata })
    const old = await pushArtifact(service, app, imageOf('old'), ['1'])
    for (const blob of image.blobs) await pushBlob(service, app, blob)
    error = new IbuildError(code, 'no')
    for (const work of [
      () => service.manifests.put(app, { tag: '1' }, pushed(image)),
      () => service.manifests.remove(app, { tag: '1' }),
      () => service.manifests.remove(app, { digest: old }),
    ]) {
      const told = await t.throwsAsync<RegistryError>(work(), { code: 'UNAVAILABLE' })
      t.is(told?.status, status)
    }
    t.is((await service.manifests.get(app, { tag: '1' })).digest, old)
    error = undefined
    await service.manifests.put(app, { tag: '1' }, pushed(image))
    t.is((await service.manifests.get(app, { tag: '1' })).digest, image.digest)
  })
}

test('closing refuses what is new and waits for what is going on', async (t) => {
  let release = (): void => {}
  let isHeld = false
  const held = new Promise<void>((resolve) => (release = resolve))
  const inner = createMemoryMetadata()
  const metadata: RowStore = {
    ...inner,
    commit: async (change) => {
      if (isHeld) await held
      await inner.commit(change)
    },
  }
  const { service } = await memoryRegistry({ metadata })
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  isHeld = true
  const put = service.manifests.put(app, { tag: '1' }, pushed(image))
  let isClosed = false
  const close = service.close().then(() => (isClosed = true))
  await t.throwsAsync(service.manifests.put(app, { tag: '2' }, pushed(image)), { code: 'UNAVAILABLE' })
  t.false(isClosed)
  release()
  await t.notThrowsAsync(put)
  await close
  await t.notThrowsAsync(service.close(), 'twice is fine')
  t.truthy(await inner.get('tag team/app 1'))
})

test('what cannot be closed keeps nothing else open, and is told', async (t) => {
  const [memory, inner] = [createMemoryDriver(), createMemoryMetadata()]
  const closed: string[] = []
  const driver: BlobDriver = {
    ...memory,
    createUpload: async (id) => {
      const upload = await memory.createUpload(id)
      const close = async (): Promise<void> => {
        closed.push('upload')
        if (closed.length === 1) throw new Error('EIO: i/o error, close')
      }
      return Object.defineProperty({ ...upload, close }, 'size', { get: () => upload.size })
    },
    close: async () => void closed.push('driver'),
  }
  const metadata: RowStore = { ...inner, close: async () => void closed.push('metadata') }
  const { service } = await memoryRegistry({ driver, metadata })
  for (const content of ['one', 'two']) {
    const { id } = await service.uploads.start(app)
    await service.uploads.append(app, id, { bytes: body(content) })
  }
  await t.throwsAsync(service.close(), { message: /^EIO/ })
  t.deepEqual(closed, ['upload', 'upload', 'metadata', 'driver'])
})

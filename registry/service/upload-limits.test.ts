import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { RegistryError } from '../protocol/error.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { blobServices, body, housekeeping, one, two } from './testing/blob-services.ts'
import { createUploadService } from './uploads.ts'

const digest = digestOf('hello')
const unknown = { instanceOf: RegistryError, code: 'BLOB_UPLOAD_UNKNOWN' }

test('beyond the largest size there is no blob', async (t) => {
  const { uploads, driver } = blobServices(t, { limits: { blobSize: 5 } })
  await t.throwsAsync(uploads.start(one, { length: 6 }), { code: 'SIZE_INVALID' })
  const large = [
    { bytes: body('hello!'), length: 6 },
    { bytes: body('hel', 'lo!') },
    { bytes: body('hello!'), range: { start: 0, end: 5 } },
  ]
  for (const bytes of large) {
    const { id } = await uploads.start(one)
    const error = await t.throwsAsync<RegistryError>(uploads.append(one, id, bytes), { code: 'SIZE_INVALID' })
    t.is(error?.status, 413)
    await t.throwsAsync(uploads.state(one, id), unknown)
    t.is(await driver.openUpload(id, 0), undefined)
  }
  const { id } = await uploads.start(one, { length: 5 })
  await uploads.finish(one, id, { digest, body: { bytes: body('hello'), length: 5 } })
})

test('there are never more sessions than the caps, also when all are started at once', async (t) => {
  const { uploads, clock } = blobServices(t, { limits: { sessions: 5, sessionsPerRepository: 3 } })
  const start = async (name = one): Promise<string> => (await uploads.start(name)).id
  const results = await Promise.allSettled(Array.from({ length: 6 }, async () => start()))
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 3)
  const others = await Promise.allSettled(Array.from({ length: 6 }, async () => start(two)))
  t.is(others.filter(({ status }) => status === 'fulfilled').length, 2)
  const error = await t.throwsAsync<RegistryError>(start(two), { code: 'TOOMANYREQUESTS' })
  t.truthy(error?.headers['Retry-After'])
  const [session] = await uploads.list()
  if (session !== undefined) await uploads.cancel(session.name, session.id)
  await start(session?.name)

  clock.now += 61 * 60 * 1000
  await start(two)
  t.is((await uploads.list()).length, 1, 'those that were idle for an hour made room')
})

test('sessions that nobody uses are given up, those in use are not', async (t) => {
  const { uploads, clock, driver } = blobServices(t)
  const hour = 60 * 60 * 1000
  const idle = await uploads.start(one)
  await uploads.append(one, idle.id, { bytes: body('x') })
  const used = await uploads.start(one)
  for (let n = 0; n < 6; n++) {
    clock.now += 5 * hour
    await uploads.append(one, used.id, { bytes: body('x') })
  }
  t.is(await uploads.purge(), 1)
  await t.throwsAsync(uploads.state(one, idle.id), unknown)
  t.is(await driver.openUpload(idle.id, 0), undefined)
  t.is((await uploads.state(one, used.id)).offset, 6)
  for (let n = 0; n < 6; n++) {
    clock.now += 20 * hour
    await uploads.append(one, used.id, { bytes: body('x') })
  }
  t.is(await uploads.purge(), 0)
  clock.now += 20 * hour
  t.is(await uploads.purge(), 1, 'after a week it is over')
})

test('a clock that is set ahead gives up nothing that this process saw in use', async (t) => {
  const { parts, clock } = blobServices(t)
  const hashes = createHashPool(1)
  let elapsed = 0
  const uploads = createUploadService({ ...parts, elapsed: () => elapsed, hashes, limits: { sessions: 2 } })
  const [first, second] = [await uploads.start(one), await uploads.start(one)]
  await uploads.append(one, first.id, { bytes: body('hel') })
  const minute = 60 * 1000
  clock.now += 365 * 24 * 60 * minute
  elapsed += 5 * minute
  t.is(await uploads.purge(), 0)
  await t.throwsAsync(uploads.start(one), { code: 'TOOMANYREQUESTS' }, 'neither makes room')
  t.is((await uploads.state(one, first.id)).offset, 3)
  await uploads.append(one, first.id, { bytes: body('lo') })
  clock.now -= 2 * 365 * 24 * 60 * minute
  elapsed += 24 * 60 * minute - 1
  t.is(await uploads.purge(), 1, 'nor does one that is set back keep what is idle')
  await t.throwsAsync(uploads.state(one, second.id), unknown)
  await uploads.finish(one, first.id, { digest })
  await uploads.close()
  await hashes.close()
})

test('how long a session was idle counts when another process goes on with it', async (t) => {
  const { uploads, clock, driver, metadata } = blobServices(t)
  const hour = 60 * 60 * 1000
  const { id } = await uploads.start(one)
  clock.now += 20 * hour
  await uploads.start(two)
  const { uploads: next, clock: nextClock } = blobServices(t, { driver, metadata })
  nextClock.now = clock.now
  t.is((await next.list()).length, 2)
  nextClock.now += 5 * hour
  t.is(await next.purge(), 1)
  await t.throwsAsync(next.state(one, id), unknown)
})

const [minute, day] = [60 * 1000, 24 * 60 * 60 * 1000]
for (const [title, set, left] of [
  ['not', 0, day],
  ['ahead by years', 5000 * day, 60 * minute],
  ['back by a minute', -minute, day],
  ['back by years', -5000 * day, 60 * minute],
] as const) {
  test(`an upload can go on in the next process, and is given up in time, with a clock that was set ${title}`, async (t) => {
    const { uploads, clock, driver, metadata } = blobServices(t)
    const [used, idle] = [await uploads.start(one), await uploads.start(two)]
    await uploads.append(one, used.id, { bytes: body('hel') })
    const { uploads: next, clock: nextClock } = blobServices(t, { driver, metadata })
    nextClock.now = clock.now + set
    t.is(await next.purge(), 0)
    nextClock.now += left - 1
    t.is(await next.purge(), 0)
    t.is((await next.append(one, used.id, { bytes: body('l') })).offset, 4)
    nextClock.now += 2
    t.is(await next.purge(), 1, 'and not the one that was used')
    await t.throwsAsync(next.state(two, idle.id), unknown)
  })
}

test('a request that is under way is not given up', async (t) => {
  const { uploads, clock } = blobServices(t)
  const { id } = await uploads.start(one)
  async function* long(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('hel')
    clock.now += 30 * 24 * 60 * 60 * 1000
    t.is(await uploads.purge(), 0)
    yield Buffer.from('lo')
  }
  await uploads.finish(one, id, { digest, body: { bytes: long() } })
})

test('an upload that would fill the disk is refused at once, and one that does as soon as it does', async (t) => {
  const driver = createMemoryDriver({ limit: 10_000 })
  const { uploads, blobs } = blobServices(t, { driver, limits: { reserve: 1000 } })
  const full = { code: 'UNAVAILABLE' }
  const error = await t.throwsAsync<RegistryError>(uploads.start(one, { length: 9001 }), full)
  t.is(error?.status, 507)
  t.truthy(error?.headers['Retry-After'])
  const { id } = await uploads.start(one, { length: 9000 })
  await t.throwsAsync(uploads.append(one, id, { bytes: body('x'), length: 9001 }), full)
  const content = randomBytes(8000)
  await uploads.append(one, id, { bytes: body(content), length: 8000 })
  await t.throwsAsync(uploads.append(one, id, { bytes: body(randomBytes(5000)) }), full)
  t.is((await uploads.state(one, id)).offset, 8000, 'what fitted is there')
  await uploads.cancel(one, id)
  const again = await uploads.start(two)
  await uploads.finish(two, again.id, {
    digest: digestOf(content.subarray(0, 4000)),
    body: { bytes: body(content.subarray(0, 4000)) },
  })
  await blobs.remove(two, digestOf(content.subarray(0, 4000)))
  t.is((await driver.space())?.free, 10_000)
})

test('a disk that is full in the middle is told as such', async (t) => {
  const memory = createMemoryDriver()
  const driver: BlobDriver = {
    ...memory,
    createUpload: async () => Promise.reject(new IbuildError('DISK_FULL', 'no space left')),
  }
  const { uploads } = blobServices(t, { driver })
  const { id } = await uploads.start(one)
  const error = await t.throwsAsync<RegistryError>(uploads.append(one, id, { bytes: body('x') }), {
    code: 'UNAVAILABLE',
  })
  t.is(error?.status, 507)
})

test('a session that is taken up while another one is given up stays', async (t) => {
  const memory = createMemoryDriver()
  let meanwhile = async (): Promise<unknown> => undefined
  const driver: BlobDriver = {
    ...memory,
    removeUpload: async (id) => {
      await meanwhile()
      await memory.removeUpload(id)
    },
  }
  const { uploads, clock } = blobServices(t, { driver })
  const [, second] = [await uploads.start(one), await uploads.start(one)]
  clock.now += 30 * 60 * 60 * 1000
  meanwhile = async () => uploads.append(one, second.id, { bytes: body('x') })
  t.is(await uploads.purge(), 1)
  t.is((await uploads.state(one, second.id)).offset, 1)
})

test('while nothing may be written no session is given up, and when the uploads are closed no more is', async (t) => {
  let isReadOnly = true
  const guard = (): void => {
    if (isReadOnly) throw new RegistryError('DENIED', 'read-only')
  }
  const memory = createMemoryDriver()
  let removed = 0
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const driver: BlobDriver = {
    ...memory,
    removeUpload: async (id) => {
      await held
      removed++
      await memory.removeUpload(id)
    },
  }
  const { parts, clock } = blobServices(t, { driver })
  const hashes = createHashPool(1)
  const uploads = createUploadService({ ...parts, guard, housekeep: housekeeping(guard), hashes, purgeEvery: 5 })
  isReadOnly = false
  await uploads.start(one)
  isReadOnly = true
  clock.now += 30 * 60 * 60 * 1000
  await sleep(50)
  t.is((await uploads.list()).length, 1)
  isReadOnly = false
  while ((await uploads.list()).length > 0) await sleep(5)
  const closing = uploads.close()
  t.is(removed, 0)
  release()
  await closing
  t.is(removed, 1)
  await hashes.close()
})

test('while nothing may be written nothing is', async (t) => {
  let isReadOnly = false
  const guard = (): void => {
    if (isReadOnly) throw new RegistryError('DENIED', 'read-only')
  }
  const { uploads, blobs } = blobServices(t, { guard })
  const { id } = await uploads.start(one)
  await uploads.append(one, id, { bytes: body('he') })
  isReadOnly = true
  const refused = { code: 'DENIED' }
  await t.throwsAsync(uploads.start(one), refused)
  await t.throwsAsync(uploads.append(one, id, { bytes: body('x') }), refused)
  await t.throwsAsync(uploads.finish(one, id, { digest }), refused)
  await t.throwsAsync(uploads.cancel(one, id), refused)
  await t.throwsAsync(blobs.remove(one, digest), refused)
  await t.throwsAsync(blobs.mount(one, digest, {}), refused)
  t.is((await uploads.state(one, id)).offset, 2)
})

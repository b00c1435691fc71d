import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { Change } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import type { BlobDriver, UploadBytes } from '../storage/blob-types.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { registryLayout } from '../storage/layout.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { uploadRows } from '../storage/rows.ts'
import {
  type BlobServices,
  blobServices,
  body,
  dataFolder,
  fileDriver,
  one,
  two,
  watched,
} from './testing/blob-services.ts'

const digest = digestOf('hello')
const unknown = { instanceOf: RegistryError, code: 'BLOB_UPLOAD_UNKNOWN' }

async function text({ blobs }: BlobServices, of: Digest = digest, name = one): Promise<string> {
  const reader = await blobs.open(name, of)
  const bytes = new Uint8Array(reader.size)
  await reader.read(bytes, 0)
  await reader.close()
  return Buffer.from(bytes).toString()
}

/** A promise and what settles it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  return { passed, open: () => open() }
}

for (const kind of ['memory', 'file'] as const) {
  test(`${kind}: started, appended to, asked for, finished`, async (t) => {
    const services = blobServices(t, kind === 'file' ? { driver: await fileDriver(t) } : {})
    const { uploads, blobs } = services
    const { id, offset } = await uploads.start(one)
    t.regex(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    t.is(offset, 0)
    t.deepEqual(await uploads.append(one, id, { bytes: body('he'), range: { start: 0, end: 1 }, length: 2 }), {
      id,
      offset: 2,
    })
    t.deepEqual(await uploads.append(one, id, { bytes: body('l') }), { id, offset: 3 })
    t.deepEqual(await uploads.state(one, id), { id, offset: 3 })
    await t.throwsAsync(blobs.size(one, digest), { code: 'BLOB_UNKNOWN' })
    await uploads.finish(one, id, { digest, body: { bytes: body('lo'), range: { start: 3, end: 4 } } })
    t.is(await blobs.size(one, digest), 5)
    t.is(await text(services), 'hello')
    await t.throwsAsync(uploads.state(one, id), unknown)
    await t.throwsAsync(uploads.finish(one, id, { digest }), unknown)
    t.deepEqual(await uploads.list(), [])
  })
}

test('blobs of sha512, told of at the start or only at the end, and empty ones', async (t) => {
  const services = blobServices(t)
  const { uploads, blobs } = services
  const large = randomBytes(600_000)
  for (const content of [Buffer.alloc(0), Buffer.from('{}'), large]) {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const of = digestOf(content, 'sha512')
      const { id } = await uploads.start(one, { algorithm })
      await uploads.finish(one, id, { digest: of, body: { bytes: body(content), length: content.length } })
      t.is(await blobs.size(one, of), content.length)
      await blobs.remove(one, of)
    }
  }
  const { id } = await uploads.start(one)
  await uploads.finish(one, id, { digest: digestOf('') })
  t.is(await text(services, digestOf('')), '')
})

const outOfOrder: readonly [string, { start: number; end: number }, number | undefined, string][] = [
  ['too early', { start: 0, end: 1 }, 2, 'lo'],
  ['too late', { start: 4, end: 5 }, 2, 'lo'],
  ['longer than the length', { start: 3, end: 9 }, 2, 'lo'],
  ['shorter than the length', { start: 3, end: 3 }, 2, 'lo'],
]
for (const [title, range, length, bytes] of outOfOrder) {
  test(`a part that is ${title} is refused before it is read, and the session lives`, async (t) => {
    const services = blobServices(t)
    const { uploads } = services
    const { id } = await uploads.start(one)
    await uploads.append(one, id, { bytes: body('hel') })
    const part = { bytes: body(bytes), range, length }
    await t.throwsAsync(uploads.append(one, id, part), { code: 'RANGE_INVALID', message: /./ })
    await t.throwsAsync(uploads.finish(one, id, { digest, body: { ...part, bytes: body(bytes) } }), {
      code: 'RANGE_INVALID',
    })
    t.deepEqual(await uploads.state(one, id), { id, offset: 3 })
    await uploads.finish(one, id, { digest, body: { bytes: body('lo') } })
    t.is(await text(services), 'hello')
  })
}

test('a body without a length that is not as long as its range is kept as far as it is right', async (t) => {
  const services = blobServices(t)
  const { uploads } = services
  const { id } = await uploads.start(one)
  await t.throwsAsync(uploads.append(one, id, { bytes: body('he'), range: { start: 0, end: 9 } }), {
    code: 'RANGE_INVALID',
  })
  t.is((await uploads.state(one, id)).offset, 2)
  await t.throwsAsync(uploads.append(one, id, { bytes: body('llo, world'), range: { start: 2, end: 3 } }), {
    code: 'RANGE_INVALID',
  })
  t.is((await uploads.state(one, id)).offset, 4)
  const last = { digest, body: { bytes: body('o!'), range: { start: 4, end: 4 } } }
  await t.throwsAsync(uploads.finish(one, id, last), { code: 'RANGE_INVALID' })
  await uploads.finish(one, id, { digest })
  t.is(await text(services), 'hello')
})

test('a body that ends before its Content-Length is an error, and kept', async (t) => {
  const { uploads } = blobServices(t)
  const { id } = await uploads.start(one)
  await t.throwsAsync(uploads.append(one, id, { bytes: body('he'), length: 5 }), { code: 'BLOB_UPLOAD_INVALID' })
  t.is((await uploads.state(one, id)).offset, 2)
})

test('when the client goes away what came is kept, and the upload goes on from there', async (t) => {
  const services = blobServices(t, { driver: await fileDriver(t) })
  const { uploads } = services
  const bytes = randomBytes(3_000_000)
  const { id } = await uploads.start(one)
  const broken = { bytes: body(bytes.subarray(0, 2_000_001), new Error('gone')) }
  await t.throwsAsync(uploads.append(one, id, broken), { message: 'gone' })
  t.is((await uploads.state(one, id)).offset, 2_000_001)
  const again = { bytes: body(bytes.subarray(2_000_001, 2_500_000), new Error('gone again')) }
  await t.throwsAsync(uploads.finish(one, id, { digest: digestOf(bytes), body: again }), { message: 'gone again' })
  const rest = { bytes: body(bytes.subarray(2_500_000)), range: { start: 2_500_000, end: 2_999_999 } }
  await uploads.finish(one, id, { digest: digestOf(bytes), body: rest })
  t.is(await services.blobs.size(one, digestOf(bytes)), 3_000_000)
})

test('bytes with another digest are refused, and the session is gone', async (t) => {
  const { uploads, blobs, driver } = blobServices(t)
  for (const wrong of [digestOf('other'), digestOf('other', 'sha512')]) {
    const { id } = await uploads.start(one)
    await uploads.append(one, id, { bytes: body('hel') })
    await t.throwsAsync(uploads.finish(one, id, { digest: wrong, body: { bytes: body('lo') } }), {
      code: 'DIGEST_INVALID',
    })
    await t.throwsAsync(uploads.state(one, id), unknown)
    await t.throwsAsync(blobs.size(one, wrong), { code: 'BLOB_UNKNOWN' })
    t.is(await driver.size(wrong), undefined)
    t.is(await driver.openUpload(id, 0), undefined)
  }
})

test('a session belongs to its repository', async (t) => {
  const { uploads } = blobServices(t)
  const { id } = await uploads.start(one)
  await t.throwsAsync(uploads.state(two, id), unknown)
  await t.throwsAsync(uploads.append(two, id, { bytes: body('x') }), unknown)
  await t.throwsAsync(uploads.finish(two, id, { digest: digestOf('') }), unknown)
  await t.throwsAsync(uploads.cancel(two, id), unknown)
  await t.throwsAsync(uploads.state(one, '../../etc/passwd'), unknown)
  t.is((await uploads.state(one, id)).offset, 0)
})

test('an upload that receives is told with what has come, acknowledged or not', async (t) => {
  const { uploads, clock } = blobServices(t)
  const { id } = await uploads.start(one)
  await uploads.append(one, id, { bytes: body('he') })
  const started = clock.now
  clock.now += 60_000
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(2_000_000)
    clock.now += 1000
    for (let told = 0; told === 0; await sleep(5)) {
      const [upload] = await uploads.list()
      told = (upload?.received ?? 0) - 2
      t.like(upload, { offset: 2, isBusy: true, startedAt: started, usedAt: started + 61_000 })
    }
  }
  await uploads.append(one, id, { bytes: slow() })
  const offset = 2_000_002
  t.deepEqual(await uploads.list(), [
    { id, name: one, offset, received: offset, isBusy: false, startedAt: started, usedAt: started + 61_000 },
  ])
})

test('one writer at a time', async (t) => {
  const { uploads } = blobServices(t)
  const { id } = await uploads.start(one)
  await uploads.append(one, id, { bytes: body('he') })
  const [started, end] = [gate(), gate()]
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('l')
    started.open()
    await end.passed
    yield Buffer.from('lo')
  }
  const first = uploads.append(one, id, { bytes: slow() })
  await started.passed
  const busy = { code: 'BLOB_UPLOAD_INVALID' }
  const error = await t.throwsAsync<RegistryError>(uploads.append(one, id, { bytes: body('x') }), busy)
  t.is(error?.status, 409)
  await t.throwsAsync(uploads.finish(one, id, { digest }), busy)
  await t.throwsAsync(uploads.cancel(one, id), busy)
  t.deepEqual(await uploads.state(one, id), { id, offset: 2 }, 'only what is durable')
  end.open()
  t.is((await first).offset, 5)
  await uploads.finish(one, id, { digest })
})

test('cancelled, an upload and its bytes are gone', async (t) => {
  const { uploads, driver } = blobServices(t)
  const { id } = await uploads.start(one)
  await uploads.append(one, id, { bytes: body('he') })
  await uploads.cancel(one, id)
  await t.throwsAsync(uploads.cancel(one, id), unknown)
  await t.throwsAsync(uploads.append(one, id, { bytes: body('x') }), unknown)
  t.is(await driver.openUpload(id, 0), undefined)
})

test('the same blob by many at once: all succeed', async (t) => {
  const services = blobServices(t, { driver: await fileDriver(t) })
  const { uploads, blobs } = services
  const push = async (name = one): Promise<void> => {
    const { id } = await uploads.start(name)
    await uploads.append(name, id, { bytes: body('hel') })
    await uploads.finish(name, id, { digest, body: { bytes: body('lo') } })
  }
  await Promise.all([push(), push(), push(two), push(), push(two)])
  t.is(await blobs.size(two, digest), 5)
  t.is(await text(services), 'hello')
})

test('sessions outlive the process', async (t) => {
  const root = dataFolder(t)
  const metadata = createMemoryMetadata()
  const bytes = randomBytes(700_000)
  const first = blobServices(t, { driver: await openFileDriver(root), metadata })
  const { id } = await first.uploads.start(one)
  const { id: empty } = await first.uploads.start(two, { algorithm: 'sha512' })
  await first.uploads.append(one, id, { bytes: body(bytes.subarray(0, 400_000)) })

  const second = blobServices(t, { driver: await openFileDriver(root), metadata })
  t.deepEqual((await second.uploads.list()).map(({ name, offset }) => `${name} ${offset}`).sort(), [
    'team/one 400000',
    'two 0',
  ])
  t.is((await second.uploads.state(one, id)).offset, 400_000)
  await second.uploads.append(one, id, { bytes: body(bytes.subarray(400_000)) })
  await second.uploads.finish(one, id, { digest: digestOf(bytes) })
  await second.uploads.finish(two, empty, { digest: digestOf('x', 'sha512'), body: { bytes: body('x') } })
  t.is(await second.blobs.size(one, digestOf(bytes)), 700_000)
})

test('bytes that came before the process was killed count, once they are durable', async (t) => {
  const root = dataFolder(t)
  const metadata = createMemoryMetadata()
  const first = blobServices(t, { driver: await openFileDriver(root), metadata })
  const { id } = await first.uploads.start(one)
  await first.uploads.append(one, id, { bytes: body('he') })
  const killed = await (await openFileDriver(root)).openUpload(id, 2)
  await killed?.append(Buffer.from('l'))

  const second = blobServices(t, { driver: await openFileDriver(root), metadata })
  t.is((await second.uploads.state(one, id)).offset, 3)
  t.is(
    uploadRows.parse('', (await metadata.get(uploadRows.key(id))) ?? '').offset,
    3,
    'and is written down before it is told',
  )
})

test('a session whose acknowledged bytes are lost is none', async (t) => {
  const root = dataFolder(t)
  const metadata = createMemoryMetadata()
  const first = blobServices(t, { driver: await openFileDriver(root), metadata })
  const { id } = await first.uploads.start(one)
  await first.uploads.append(one, id, { bytes: body('he') })
  rmSync(registryLayout(root).uploads, { recursive: true })
  const second = blobServices(t, { driver: await openFileDriver(root), metadata })
  await t.throwsAsync(second.uploads.state(one, id), unknown)
  t.is(await metadata.get(uploadRows.key(id)), undefined)
})

test('the offset is told after the bytes are synced and the row is written', async (t) => {
  const events: string[] = []
  const memory = createMemoryDriver()
  const spied = (upload: UploadBytes): UploadBytes =>
    Object.defineProperty(
      {
        ...upload,
        sync: async () => {
          events.push(`synced ${upload.size}`)
        },
        commit: async (of: Digest) => {
          await upload.commit(of)
          events.push('placed')
        },
      },
      'size',
      { get: () => upload.size },
    )
  const driver: BlobDriver = { ...memory, createUpload: async (id) => spied(await memory.createUpload(id)) }
  const metadata = watched(createMemoryMetadata(), ({ put = [], isMinor = false }: Change) => {
    const kinds = put.map(({ key, value }) => `${key.split(' ')[0]}${/"offset":(\d+)/.exec(value)?.[0] ?? ''}`)
    events.push(`${kinds.join()}${isMinor ? ' minor' : ''}`)
  })
  const { uploads } = blobServices(t, { driver, metadata })
  const { id } = await uploads.start(one)
  await uploads.append(one, id, { bytes: body('hel') })
  events.push('told')
  await uploads.finish(one, id, { digest, body: { bytes: body('lo') } })
  t.deepEqual(events.slice(0, 1), ['upload"offset":0 minor'])
  const [appended, finished] = [events.slice(1, events.indexOf('told')), events.slice(events.indexOf('told') + 1)]
  t.deepEqual([...new Set(appended)], ['synced 3', 'upload"offset":3'])
  t.deepEqual(finished, ['synced 5', 'upload"offset":5 minor', 'placed', 'blob,link,linked'])
})

test('when the last rows cannot be written there is no blob, nor are bytes left over', async (t) => {
  let isBroken = true
  const metadata = watched(createMemoryMetadata(), ({ put = [] }) => {
    if (isBroken && put.some(({ key }) => key.startsWith('blob '))) throw new Error('no')
  })
  const { uploads, blobs, driver } = blobServices(t, { metadata })
  const { id } = await uploads.start(one)
  await t.throwsAsync(uploads.finish(one, id, { digest, body: { bytes: body('hello') } }), { message: 'no' })
  isBroken = false
  await t.throwsAsync(blobs.size(one, digest), { code: 'BLOB_UNKNOWN' })
  await t.throwsAsync(uploads.state(one, id), unknown)
  t.is(await driver.size(digest), undefined)
})

test('what another repository has stays when such an upload is cleaned up', async (t) => {
  let isBroken = false
  const metadata = watched(createMemoryMetadata(), ({ put = [] }) => {
    if (isBroken && put.some(({ key }) => key.startsWith('blob '))) throw new Error('no')
  })
  const services = blobServices(t, { metadata })
  const { uploads } = services
  const other = await uploads.start(two)
  await uploads.finish(two, other.id, { digest, body: { bytes: body('hello') } })
  isBroken = true
  const { id } = await uploads.start(one)
  await t.throwsAsync(uploads.finish(one, id, { digest, body: { bytes: body('hello') } }), { message: 'no' })
  await t.throwsAsync(uploads.state(one, id), unknown)
  t.is(await text(services, digest, two), 'hello')
})

test('a failed sync ends the session: nobody knows what is on the disk', async (t) => {
  const memory = createMemoryDriver()
  let isBroken = true
  const driver: BlobDriver = {
    ...memory,
    createUpload: async (id) => {
      const upload = await memory.createUpload(id)
      const sync = async (): Promise<void> => {
        if (isBroken) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
      }
      return Object.defineProperty({ ...upload, sync }, 'size', { get: () => upload.size })
    },
  }
  const { uploads } = blobServices(t, { driver })
  const first = await uploads.start(one)
  await t.throwsAsync(uploads.append(one, first.id, { bytes: body('hello') }), { code: 'EIO' })
  await t.throwsAsync(uploads.state(one, first.id), unknown)
  const second = await uploads.start(one)
  await t.throwsAsync(uploads.finish(one, second.id, { digest, body: { bytes: body('hello') } }), { code: 'EIO' })
  isBroken = false
  await t.throwsAsync(uploads.finish(one, second.id, { digest }), unknown)
})

test('a blob that is damaged on the disk is healed by the next push', async (t) => {
  const root = dataFolder(t)
  const services = blobServices(t, { driver: await openFileDriver(root) })
  const { uploads, blobs } = services
  const push = async (): Promise<void> => {
    const { id } = await uploads.start(one)
    await uploads.finish(one, id, { digest, body: { bytes: body('hello') } })
  }
  await push()
  const { blobs: folder, aside } = registryLayout(root)
  const prefix = path.join(folder, 'sha256', digest.slice(7, 9))
  mkdirSync(prefix, { recursive: true })
  for (const name of readdirSync(prefix)) renameSync(path.join(prefix, name), path.join(aside, name))
  await t.throwsAsync(blobs.size(one, digest), { code: 'BLOB_UNKNOWN' })
  await push()
  t.is(await text(services), 'hello')
})

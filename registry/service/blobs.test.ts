import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { parseName, type RepositoryName } from '../protocol/names.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { blobRows, doomedRows, holderRows, linkRows } from '../storage/rows.ts'
import {
  type BlobServices,
  blobServices,
  body,
  dataFolder,
  fileDriver,
  one,
  three,
  two,
  watched,
} from './testing/blob-services.ts'
import { removeDoomed } from './unused-blobs.ts'

const hello = Buffer.from('hello')
const digest = digestOf(hello)
const unknown = { code: 'BLOB_UNKNOWN' }

async function push({ uploads }: BlobServices, name: RepositoryName, bytes: Uint8Array = hello): Promise<Digest> {
  const { id } = await uploads.start(name)
  await uploads.finish(name, id, { digest: digestOf(bytes), body: { bytes: body(bytes) } })
  return digestOf(bytes)
}

async function read({ blobs }: BlobServices, name: RepositoryName, of: Digest = digest): Promise<Buffer> {
  const reader = await blobs.open(name, of)
  const bytes = Buffer.alloc(reader.size)
  for (let at = 0; at < bytes.length; ) {
    const count = await reader.read(bytes.subarray(at), at)
    if (count === 0) break
    at += count
  }
  await reader.close()
  return bytes
}

test('a blob is that of a repository, not of those who know its digest', async (t) => {
  const services = blobServices(t)
  const { blobs } = services
  await push(services, one)
  t.is(await blobs.size(one, digest), 5)
  t.deepEqual(await read(services, one), hello)
  await t.throwsAsync(blobs.size(two, digest), unknown)
  await t.throwsAsync(blobs.open(two, digest), unknown)
  await t.throwsAsync(blobs.remove(two, digest), unknown)
  t.is(blobs.peek(two, digest), undefined)
})

test('a small blob that was read is in memory, a large one is not', async (t) => {
  const services = blobServices(t)
  const { blobs } = services
  const large = randomBytes(70_000)
  await push(services, one)
  await push(services, one, large)
  t.is(blobs.peek(one, digest), undefined)
  t.deepEqual(await read(services, one), hello)
  t.deepEqual(await read(services, one, digestOf(large)), large)
  t.deepEqual(Buffer.from(blobs.peek(one, digest) ?? []), hello)
  t.is(blobs.peek(one, digestOf(large)), undefined)
  await blobs.remove(one, digest)
  t.is(blobs.peek(one, digest), undefined)
})

test('a blob that was asked for once costs no look into the metadata', async (t) => {
  const metadata = createMemoryMetadata()
  let looks = 0
  const counted: RowStore = {
    ...metadata,
    get: async (key) => {
      looks++
      return metadata.get(key)
    },
  }
  await push(blobServices(t, { metadata, driver: await fileDriver(t) }), two)
  const services = blobServices(t, { metadata: counted })
  await push(services, one)
  looks = 0
  for (let n = 0; n < 5; n++) {
    await services.blobs.size(one, digest)
    await (await services.blobs.open(one, digest)).close()
  }
  t.is(looks, 0)
})

test('removed, a blob is gone at once; its bytes go with the last repository', async (t) => {
  const services = blobServices(t)
  const { blobs, driver } = services
  await push(services, one)
  await push(services, two)
  await blobs.remove(one, digest)
  await t.throwsAsync(blobs.size(one, digest), unknown)
  await t.throwsAsync(blobs.open(one, digest), unknown)
  await t.throwsAsync(blobs.remove(one, digest), unknown)
  t.deepEqual(await read(services, two), hello)
  await blobs.remove(two, digest)
  t.is(await driver.size(digest), undefined)
  t.is(await services.metadata.get(blobRows.key(digest)), undefined)
  t.is(await services.metadata.get(doomedRows.key(digest)), undefined)
})

test('bytes that are also a manifest stay', async (t) => {
  const services = blobServices(t)
  await push(services, one)
  await services.metadata.commit({ put: [holderRows.row([digest, three], true)] })
  await services.blobs.remove(one, digest)
  t.is(await services.driver.size(digest), 5)
})

test('a reader goes on while the blob is removed', async (t) => {
  const services = blobServices(t, { driver: await fileDriver(t) })
  const large = randomBytes(200_000)
  await push(services, one, large)
  const reader = await services.blobs.open(one, digestOf(large))
  await services.blobs.remove(one, digestOf(large))
  const bytes = Buffer.alloc(200_000)
  t.is(await reader.read(bytes, 0), 200_000)
  t.deepEqual(bytes, large)
  await reader.close()
})

test('metadata forget before bytes go', async (t) => {
  let isBroken = false
  const metadata = watched(createMemoryMetadata(), () => {
    if (isBroken) throw new Error('no')
  })
  const services = blobServices(t, { metadata })
  await push(services, one)
  isBroken = true
  await t.throwsAsync(services.blobs.remove(one, digest), { message: 'no' })
  t.is(await services.driver.size(digest), 5)
  isBroken = false
  t.deepEqual(await read(services, one), hello)
})

test('a removal that was cut off between rows and bytes is ended by the next process', async (t) => {
  const metadata = createMemoryMetadata()
  const services = blobServices(t, { metadata })
  const { driver, parts } = services
  await push(services, one)
  const refusing = { ...driver, remove: async (): Promise<boolean> => Promise.reject(new Error('killed')) }
  const { blobs } = blobServices(t, { metadata, driver: refusing })
  await t.throwsAsync(blobs.remove(one, digest), { message: 'killed' })
  await t.throwsAsync(blobs.size(one, digest), unknown)
  t.is(await driver.size(digest), 5)
  await removeDoomed(parts)
  t.is(await driver.size(digest), undefined)
  t.deepEqual(await metadata.list({ prefix: doomedRows.prefix(), limit: 9 }), [])
})

test('what was pushed again since is not removed by that', async (t) => {
  const services = blobServices(t)
  await push(services, one)
  await services.metadata.commit({ put: [doomedRows.row([digest], true)] })
  await removeDoomed(services.parts)
  t.deepEqual(await read(services, one), hello)
})

test('mount from a repository that has it', async (t) => {
  const services = blobServices(t)
  const { blobs } = services
  await push(services, one)
  t.false(await blobs.mount(two, digest, { from: three }))
  t.false(await blobs.mount(two, digest, { from: one, isVisible: () => false }))
  await t.throwsAsync(blobs.size(two, digest), unknown)
  t.true(await blobs.mount(two, digest, { from: one }))
  t.true(await blobs.mount(two, digest, { from: one }))
  await blobs.remove(one, digest)
  t.deepEqual(await read(services, two), hello)
  t.false(await blobs.mount(three, digest, { from: one }))
})

test('mount from any repository that may be seen', async (t) => {
  const services = blobServices(t)
  const { blobs } = services
  t.false(await blobs.mount(two, digest, {}))
  await push(services, one)
  t.false(await blobs.mount(two, digest, { isVisible: (name) => name !== one }))
  t.true(await blobs.mount(two, digest, { isVisible: (name) => name === one }))
  t.true(await blobs.mount(three, digest, {}))
  t.deepEqual(await read(services, three), hello)
})

test('only so many repositories are looked at', async (t) => {
  const services = blobServices(t)
  const names = Array.from({ length: 1200 }, (_, n) => parseName(`r${String(n).padStart(4, '0')}`))
  await push(services, one)
  await services.metadata.commit({
    put: names.map((name) => ({ key: `linked ${digest} ${name}`, value: 'true' })),
  })
  let looks = 0
  await services.blobs.mount(two, digest, { isVisible: () => ++looks < 0 })
  t.is(looks, 1000)
})

test('what is damaged on the disk is not mounted', async (t) => {
  const root = dataFolder(t)
  const services = blobServices(t, { driver: await fileDriver(t, root) })
  await push(services, one)
  writeFileSync(blobPlace(registryLayout(root), digest).file, 'hel')
  t.false(await services.blobs.mount(two, digest, { from: one }))
})

const damages: readonly [string, Buffer, Buffer][] = [
  ['small and cut short', hello, Buffer.from('hell')],
  ['small and empty', hello, Buffer.alloc(0)],
  ['small and changed', hello, Buffer.from('HELLO')],
  ['large and longer', Buffer.alloc(70_000, 1), Buffer.alloc(70_001, 1)],
  ['large and cut short', Buffer.alloc(70_000, 1), Buffer.alloc(69_999, 1)],
]
for (const [title, bytes, wrong] of damages) {
  test(`a blob that is ${title} is set aside, told as an error, and healed by the next push`, async (t) => {
    const root = dataFolder(t)
    const services = blobServices(t, { driver: await fileDriver(t, root) })
    const { blobs } = services
    const of = await push(services, one, bytes)
    await push(services, two, bytes)
    const { file } = blobPlace(registryLayout(root), of)
    writeFileSync(file, wrong)
    const error = await t.throwsAsync(blobs.open(one, of), { code: 'UNKNOWN' })
    t.is((error as unknown as { status: number }).status, 500)
    t.false(existsSync(file))
    t.is(readdirSync(registryLayout(root).aside).length, 1)
    await t.throwsAsync(blobs.open(one, of), { code: 'UNKNOWN' })
    await t.throwsAsync(blobs.size(one, of), unknown, 'so that it is pushed')
    t.false(await blobs.mount(three, of, { from: one }))
    await push(services, two, bytes)
    t.deepEqual(await read(services, one, of), bytes)
    t.is(await blobs.size(one, of), bytes.length)
  })
}

test('a blob that was pushed again while it was looked for is given', async (t) => {
  const inner = createMemoryDriver()
  let looks = 0
  const late: BlobDriver = { ...inner, open: async (of) => (++looks === 1 ? undefined : inner.open(of)) }
  const services = blobServices(t, { driver: late })
  await push(services, one)
  t.deepEqual(await read(services, one), hello)
  t.is(looks, 3) // for the reader, to see whether it is damaged, for the reader again
})

test('a small blob that cannot be read is damaged, and closed', async (t) => {
  const memory = createMemoryDriver()
  let [isBroken, open] = [true, 0]
  const driver: BlobDriver = {
    ...memory,
    open: async (of) => {
      const reader = await memory.open(of)
      if (reader === undefined) return undefined
      open++
      const read = async (): Promise<number> => Promise.reject(new Error('EIO: i/o error, read'))
      return { ...reader, ...(isBroken && { read }), close: async () => void open-- }
    },
  }
  const services = blobServices(t, { driver })
  await push(services, one)
  await t.throwsAsync(services.blobs.open(one, digest), { code: 'UNKNOWN' })
  t.is(open, 0)
  t.is(await memory.size(digest), undefined, 'set aside')
  isBroken = false
  await push(services, one)
  t.deepEqual(await read(services, one), hello)
})

test('asked for its size, a blob of another one counts as none, and the push heals it', async (t) => {
  const root = dataFolder(t)
  const services = blobServices(t, { driver: await fileDriver(t, root) })
  await push(services, one)
  writeFileSync(blobPlace(registryLayout(root), digest).file, 'hello, world')
  await t.throwsAsync(services.blobs.size(one, digest), unknown)
  await push(services, one)
  t.deepEqual(await read(services, one), hello)
})

test('what is reported as corrupt is looked at before it is set aside', async (t) => {
  const root = dataFolder(t)
  const services = blobServices(t, { driver: await fileDriver(t, root) })
  const { blobs } = services
  const bytes = randomBytes(300_000)
  const of = await push(services, one, bytes)
  await blobs.reportCorrupt(one, of)
  t.is(await blobs.size(one, of), 300_000, 'it is right')
  const wrong = Buffer.from(bytes)
  wrong[299_999] = (wrong[299_999] ?? 0) ^ 1
  writeFileSync(blobPlace(registryLayout(root), of).file, wrong)
  await blobs.reportCorrupt(two, of)
  t.is(await blobs.size(one, of), 300_000, 'the other repository does not have it')
  await blobs.reportCorrupt(one, of)
  await t.throwsAsync(blobs.size(one, of), unknown)
  await push(services, one, bytes)
  t.deepEqual(await read(services, one, of), bytes)
})

test('rows that are read while they are removed are not remembered', async (t) => {
  const metadata = createMemoryMetadata()
  let pass = (): void => undefined
  const held = new Promise<void>((resolve) => (pass = resolve))
  let isHeld = false
  const slow: RowStore = {
    ...metadata,
    get: async (key) => {
      const value = await metadata.get(key)
      if (isHeld && key === linkRows.key(one, digest)) {
        isHeld = false
        await held
      }
      return value
    },
  }
  const first = blobServices(t, { metadata })
  await push(first, one)
  const { blobs } = blobServices(t, { metadata: slow, driver: first.driver })
  isHeld = true
  const reading = blobs.size(one, digest)
  await blobs.remove(one, digest)
  pass()
  await t.throwsAsync(reading, unknown)
  await t.throwsAsync(blobs.size(one, digest), unknown)
})

test('pushes, mounts and removals at once leave what their rows say', async (t) => {
  const services = blobServices(t, { driver: await fileDriver(t) })
  const { blobs, driver, metadata } = services
  const names = [one, two, three]
  const random = (n: number): number => Math.floor(Math.random() * n)
  for (let round = 0; round < 15; round++) {
    const works = Array.from({ length: 8 }, async () => {
      const name = names[random(3)] ?? one
      if (random(2) === 0) return push(services, name)
      if (random(2) === 0) return blobs.mount(name, digest, {})
      return blobs.remove(name, digest).catch(() => undefined)
    })
    await Promise.all(works)
    const links = await Promise.all(names.map(async (name) => metadata.get(linkRows.key(name, digest))))
    const isLinked = links.some((link) => link !== undefined)
    t.is(await driver.size(digest), isLinked ? 5 : undefined)
    t.is((await metadata.get(blobRows.key(digest))) !== undefined, isLinked)
    for (const [n, name] of names.entries()) {
      const size = await blobs.size(name, digest).catch(() => undefined)
      t.is(size, links[n] === undefined ? undefined : 5)
    }
  }
})

import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import type { UploadBytes } from '../blob-types.ts'
import { createMemoryDriver } from '../memory-driver.ts'
import { contentOf } from '../testing/blob-contract.ts'
import { createHashPool, type HashPool } from './hash-pool.ts'
import { createSlabs, type Slabs } from './slabs.ts'
import { takeIn } from './take-in.ts'
import { createUploadDigest, type UploadDigest } from './upload-digest.ts'

const pool = createHashPool(2)
test.after.always(async () => pool.close())

interface Fixture {
  readonly upload: UploadBytes
  readonly digest: UploadDigest
  readonly slabs: Slabs
}

async function fixture({ size = 1024, hashes = pool }: { size?: number; hashes?: HashPool } = {}): Promise<Fixture> {
  const upload = await createMemoryDriver().createUpload('id')
  const slabs = createSlabs({ size })
  return { upload, slabs, digest: createUploadDigest({ upload, algorithm: 'sha256', pool: hashes, slabs }) }
}

async function* pieces(...parts: readonly (Uint8Array | string | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Buffer.from(part)
  }
}

function withChanges(upload: UploadBytes, changes: Partial<Omit<UploadBytes, 'size'>>): UploadBytes {
  return Object.defineProperty({ ...upload, ...changes }, 'size', { get: () => upload.size })
}

/** Threads that must not be asked. */
const noThreads: HashPool = {
  begin: () => {
    throw new Error('asked for a thread')
  },
  close: async () => undefined,
}

test('each part ends where a page of the file does, also when the first bytes came before', async (t) => {
  const size = 64 * 1024
  const { upload, digest, slabs } = await fixture({ size })
  const [lengths, content]: [number[], Buffer] = [[], randomBytes(3 * size)]
  const seen = withChanges(upload, {
    append: async (bytes) => {
      lengths.push(bytes.byteLength)
      await upload.append(bytes)
    },
  })
  await takeIn(pieces(content.subarray(0, 10)), { upload: seen, digest, slabs, limit: 1e7 })
  await takeIn(pieces(content.subarray(10)), { upload: seen, digest, slabs, limit: 1e7 })
  t.deepEqual(lengths, [10, size - 10, size, size])
  t.is(await digest.digest('sha256'), digestOf(content))
})

test('a small body is hashed without a thread', async (t) => {
  const { upload, digest, slabs } = await fixture({ size: 512 * 1024, hashes: noThreads })
  await takeIn(pieces('he', '', 'llo'), { upload, digest, slabs, limit: 5 })
  t.is(await contentOf(upload), 'hello')
  t.is(await digest.digest('sha256'), digestOf('hello'))
  t.is(await digest.digest('sha512'), digestOf('hello', 'sha512'))
})

test('a large one is hashed by a thread, as it comes: it is not read again', async (t) => {
  const { upload, slabs } = await fixture({ size: 64 * 1024 })
  const unread = withChanges(upload, { read: async () => Promise.reject(new Error('read')) })
  const digest = createUploadDigest({ upload: unread, algorithm: 'sha512', pool, slabs })
  const bytes = randomBytes(900_000)
  await takeIn(pieces(bytes), { upload: unread, digest, slabs, limit: 1e6 })
  t.is(await digest.digest('sha512'), digestOf(bytes, 'sha512'))
})

test('any chunks, bodies and slabs, from streams and from generators, give the digest of the whole', async (t) => {
  const bodies = fc.array(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(bodies, fc.integer({ min: 1, max: 2000 }), fc.boolean(), async (parts, size, asStream) => {
      const { upload, digest, slabs } = await fixture({ size })
      for (const body of parts) {
        const source = asStream ? Readable.from(pieces(...body)) : pieces(...body)
        await takeIn(source, { upload, digest, slabs, limit: 1e6 })
      }
      const whole = Buffer.concat(parts.flat())
      t.is(await contentOf(upload), whole.toString('latin1'))
      t.is(await digest.digest('sha256'), digestOf(whole))
    }),
    { numRuns: 40 },
  )
})

test('what was there before, and what came while nobody hashed, is read again', async (t) => {
  const { upload, slabs } = await fixture({ size: 100_000 })
  const [old, more] = [randomBytes(700_000), randomBytes(700_000)]
  await upload.append(old)
  const digest = createUploadDigest({ upload, algorithm: 'sha256', pool, slabs })
  await takeIn(pieces(more), { upload, digest, slabs, limit: 1e6 })
  t.is(await digest.digest('sha256'), digestOf(Buffer.concat([old, more])))
  t.is(await digest.digest('sha512'), digestOf(Buffer.concat([old, more]), 'sha512'))
})

test('an upload in many small bodies goes over to a thread', async (t) => {
  const { upload, digest, slabs } = await fixture({ size: 512 * 1024 })
  const parts = Array.from({ length: 9 }, () => randomBytes(50_000))
  for (const part of parts) await takeIn(pieces(part), { upload, digest, slabs, limit: 1e6 })
  t.is(await digest.digest('sha256'), digestOf(Buffer.concat(parts)))
})

test('a body that breaks off leaves what came, and its error', async (t) => {
  for (const asStream of [true, false]) {
    const { upload, digest, slabs } = await fixture()
    const body = pieces('hel', 'lo', new Error('connection lost'))
    const source = asStream ? Readable.from(body) : body
    await t.throwsAsync(takeIn(source, { upload, digest, slabs, limit: 100 }), { message: 'connection lost' })
    t.is(await contentOf(upload), 'hello')
    await takeIn(pieces('!'), { upload, digest, slabs, limit: 100 })
    t.is(await digest.digest('sha256'), digestOf('hello!'))
  }
})

test('a stream that is destroyed without an error is one that broke off', async (t) => {
  const { upload, digest, slabs } = await fixture()
  const source = new Readable({ read: () => undefined })
  source.push('hello')
  const taken = takeIn(source, { upload, digest, slabs, limit: 100 })
  setTimeout(() => source.destroy(), 20)
  await t.throwsAsync(taken, { message: /cut off/ })
  t.is(await contentOf(upload), 'hello')
  await t.throwsAsync(takeIn(source, { upload, digest, slabs, limit: 100 }), { message: /cut off/ })
})

test('a body beyond the limit is kept up to it, and its stream not destroyed', async (t) => {
  const { upload, digest, slabs } = await fixture()
  const source = Readable.from(pieces('hel', 'lo!', 'more'))
  await t.throwsAsync(takeIn(source, { upload, digest, slabs, limit: 5 }), { name: 'TooManyBytes' })
  t.false(source.destroyed)
  t.is(await contentOf(upload), 'hello')
})

test('when writing fails, what was written before stays and can be gone on from', async (t) => {
  const driver = createMemoryDriver({ limit: 3500 })
  const upload = await driver.createUpload('id')
  const slabs = createSlabs({ size: 1000 })
  const digest = createUploadDigest({ upload, algorithm: 'sha256', pool, slabs })
  const bytes = randomBytes(9000)
  const source = Readable.from(pieces(bytes))
  await t.throwsAsync(takeIn(source, { upload, digest, slabs, limit: 1e6 }), { code: 'DISK_FULL' })
  t.false(source.destroyed)
  t.is(upload.size, 3000)
  await takeIn(pieces(bytes.subarray(3000, 3400)), { upload, digest, slabs, limit: 1e6 })
  t.is(await digest.digest('sha256'), digestOf(bytes.subarray(0, 3400)))
})

test('a body that is faster than the disk waits: few slabs are out', async (t) => {
  const { upload: memory } = await fixture()
  let out = 0
  let most = 0
  const counted = createSlabs({ size: 1000 })
  const slabs: Slabs = {
    take: () => {
      most = Math.max(most, ++out)
      return counted.take()
    },
    give: (slab) => {
      out--
      counted.give(slab)
    },
  }
  const upload = withChanges(memory, { append: async (bytes) => sleep(1).then(async () => memory.append(bytes)) })
  const digest = createUploadDigest({ upload, algorithm: 'sha256', pool, slabs })
  const parts = Array.from({ length: 100 }, () => randomBytes(700))
  await takeIn(Readable.from(pieces(...parts)), { upload, digest, slabs, limit: 1e6 })
  t.is(out, 0)
  t.true(most <= 3, `${most} slabs`)
  const large = randomBytes(1_000_000)
  await takeIn(pieces(large), { upload, digest, slabs: createSlabs({ size: 300_000 }), limit: 1e7 })
  t.is(await digest.digest('sha256'), digestOf(Buffer.concat([...parts, large])))
})

test('what a slow client sent is written though it is little', async (t) => {
  const { upload, digest, slabs } = await fixture({ size: 512 * 1024 })
  const source = new Readable({ read: () => undefined })
  const taken = takeIn(source, { upload, digest, slabs, limit: 100 })
  source.push('hello')
  for (let n = 0; n < 100 && upload.size === 0; n++) await sleep(50)
  t.is(upload.size, 5)
  source.push('!')
  source.push(null)
  await taken
  t.is(await digest.digest('sha256'), digestOf('hello!'))
})

test('of a large chunk all is taken when the body breaks off, and nothing afterwards', async (t) => {
  const { upload: memory, slabs } = await fixture({ size: 100_000 })
  const upload = withChanges(memory, { append: async (bytes) => sleep(5).then(async () => memory.append(bytes)) })
  const digest = createUploadDigest({ upload, algorithm: 'sha256', pool, slabs })
  const source = new Readable({ read: () => undefined })
  const chunk = randomBytes(1_050_000)
  source.push(chunk)
  setTimeout(() => source.destroy(), 10)
  await t.throwsAsync(takeIn(source, { upload, digest, slabs, limit: 1e7 }), { message: /cut off/ })
  t.is(upload.size, chunk.length)
  await sleep(600)
  t.is(upload.size, chunk.length)
  t.is(await digest.digest('sha256'), digestOf(chunk))
})

test('when it is forgotten nobody reads it any more, and it is hashed anew', async (t) => {
  const { upload: memory, slabs } = await fixture({ size: 100_000 })
  const bytes = randomBytes(1_000_000)
  await memory.append(bytes)
  let reads = 0
  const upload = withChanges(memory, {
    read: async (target, position) => {
      reads++
      await sleep(5)
      return memory.read(target, position).finally(() => reads--)
    },
  })
  const digest = createUploadDigest({ upload, algorithm: 'sha256', pool, slabs })
  await takeIn(pieces('x'), { upload, digest, slabs, limit: 1e7 })
  t.is(reads, 1)
  await digest.forget()
  t.is(reads, 0)
  await sleep(20)
  t.is(reads, 0)
  t.is(await digest.digest('sha256'), digestOf(Buffer.concat([bytes, Buffer.from('x')])))
})

test('when the threads end, others begin anew', async (t) => {
  const own = createHashPool(1)
  t.teardown(async () => own.close())
  const { upload, digest, slabs } = await fixture({ size: 100_000, hashes: own })
  const bytes = randomBytes(600_000)
  await takeIn(pieces(bytes), { upload, digest, slabs, limit: 1e6 })
  await own.close()
  await sleep(50)
  t.is(await digest.digest('sha256'), digestOf(bytes))
})

test('many contents at once do not mix', async (t) => {
  const all = await Promise.all(
    Array.from({ length: 6 }, async (): Promise<[Digest, Digest]> => {
      const { upload, digest, slabs } = await fixture({ size: 50_000 })
      const bytes = randomBytes(400_000)
      await takeIn(pieces(bytes), { upload, digest, slabs, limit: 1e6 })
      return [await digest.digest('sha256'), digestOf(bytes)]
    }),
  )
  for (const [found, expected] of all) t.is(found, expected)
})

import { randomBytes, randomUUID } from 'node:crypto'
import type { ExecutionContext, TestFn } from 'ava'
import fc from 'fast-check'
import { type Digest, digestOf } from '../../../shared/base/digest.ts'
import type { BlobDriver, BlobReader, UploadBytes } from '../blob-types.ts'

export interface BlobDriverFixture {
  readonly driver: BlobDriver
  /** Damages what is stored under a digest behind the driver's back. */
  readonly damage: (digest: Digest, bytes: Uint8Array) => Promise<void>
  /** Another driver over the same store, as after the process was killed. */
  readonly again: () => Promise<BlobDriver>
  /** Names of what lies where uploads are. */
  readonly uploads: () => Promise<readonly string[]>
}

export interface BlobSuite {
  readonly name: string
  readonly make: (t: ExecutionContext) => Promise<BlobDriverFixture>
}

/** What every {@link BlobDriver} does. */
export function blobDriverSuite(test: TestFn, { name, make }: BlobSuite): void {
  for (const [title, check] of Object.entries(cases)) {
    test(`${name}: ${title}`, async (t) => check(t, await make(t)))
  }
}

export const hello: Uint8Array = Buffer.from('hello')
export const digest: Digest = digestOf(hello)

export async function contentOf(source: Pick<BlobReader, 'size' | 'read'> | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined
  const bytes = new Uint8Array(source.size)
  let done = 0
  while (done < source.size) {
    const count = await source.read(bytes.subarray(done), done)
    if (count === 0) break
    done += count
  }
  return Buffer.from(bytes.subarray(0, done)).toString('latin1')
}

/** The content of a blob, opened and closed. */
export async function blobText(driver: BlobDriver, of: Digest = digest): Promise<string | undefined> {
  const reader = await driver.open(of)
  try {
    return await contentOf(reader)
  } finally {
    await reader?.close()
  }
}

async function filled(driver: BlobDriver, ...parts: readonly string[]): Promise<UploadBytes> {
  const upload = await driver.createUpload(randomUUID())
  for (const part of parts) await upload.append(Buffer.from(part))
  return upload
}

const cases: Record<string, (t: ExecutionContext, fixture: BlobDriverFixture) => Promise<void>> = {
  'nothing is there at first': async (t, { driver, uploads }) => {
    t.is(await driver.size(digest), undefined)
    t.is(await driver.open(digest), undefined)
    t.false(await driver.remove(digest))
    t.is(await driver.openUpload(randomUUID(), 0), undefined)
    await driver.setAside(digest)
    await driver.removeUpload(randomUUID())
    t.deepEqual(await uploads(), [])
  },

  'put, size, open, read at positions': async (t, { driver, uploads }) => {
    await driver.put(digest, hello)
    t.is(await driver.size(digest), 5)
    const reader = await driver.open(digest)
    t.is(reader?.size, 5)
    const rows = [
      [0, 5, 'hello'],
      [1, 3, 'ell'],
      [4, 10, 'o'],
      [5, 10, ''],
      [50, 10, ''],
    ] as const
    for (const [position, length, expected] of rows) {
      const target = Buffer.alloc(length)
      const count = (await reader?.read(target, position)) ?? -1
      t.is(target.toString('latin1', 0, count), expected, `${length} from ${position}`)
    }
    await reader?.close()
    await reader?.close()
    t.deepEqual(await uploads(), [])
  },

  'an empty blob is one': async (t, { driver }) => {
    const empty = digestOf('')
    await driver.put(empty, new Uint8Array())
    t.is(await driver.size(empty), 0)
    t.is(await blobText(driver, empty), '')
    const upload = await filled(driver)
    await upload.commit(digestOf('', 'sha512'))
    t.is(await driver.size(digestOf('', 'sha512')), 0)
  },

  'sha256 and sha512 of the same content are two blobs': async (t, { driver }) => {
    const other = digestOf(hello, 'sha512')
    await driver.put(digest, hello)
    await driver.put(other, hello)
    t.true(await driver.remove(digest))
    t.is(await blobText(driver), undefined)
    t.is(await blobText(driver, other), 'hello')
  },

  'what is put may change afterwards': async (t, { driver }) => {
    const bytes = Buffer.from('hello')
    await driver.put(digest, bytes)
    const upload = await filled(driver)
    await upload.append(bytes)
    bytes.fill('x')
    t.is(await contentOf(upload), 'hello')
    await upload.close()
    t.is(await blobText(driver), 'hello')
  },

  'an upload grows, is read, and becomes a blob': async (t, { driver, uploads }) => {
    const upload = await filled(driver, 'he', '', 'l')
    t.is(upload.size, 3)
    await upload.sync()
    await upload.append(Buffer.from('lo'))
    t.is(await contentOf(upload), 'hello')
    t.is(await upload.read(Buffer.alloc(9), 3), 2)
    t.is(await driver.size(digest), undefined)
    await upload.commit(digest)
    t.is(await blobText(driver), 'hello')
    t.deepEqual(await uploads(), [])
  },

  'an upload that was closed goes on, also in another process': async (t, fixture) => {
    const id = randomUUID()
    const first = await fixture.driver.createUpload(id)
    await first.append(Buffer.from('he'))
    await first.close()
    const second = await fixture.driver.openUpload(id, 0)
    t.is(second?.size, 2)
    await second?.append(Buffer.from('l'))
    const driver = await fixture.again()
    const third = await driver.openUpload(id, 0)
    t.is(third?.size, 3, 'not synced, not acknowledged, and yet whole: the machine runs on')
    await third?.append(Buffer.from('lo'))
    await third?.commit(digest)
    t.is(await blobText(driver), 'hello')
    t.is(await driver.openUpload(id, 5), undefined)
  },

  'uploads are listed while they are not blobs': async (t, { driver }) => {
    const ids = [randomUUID(), randomUUID()]
    const [first] = await Promise.all(ids.map(async (id) => driver.createUpload(id)))
    await driver.put(digestOf('x'), Buffer.from('x'))
    t.deepEqual([...(await driver.listUploads())].sort(), [...ids].sort())
    await first?.commit(digestOf(''))
    t.deepEqual(await driver.listUploads(), ids.slice(1))
    await driver.removeUpload(ids[1] ?? '')
    t.deepEqual(await driver.listUploads(), [])
  },

  'an upload has one name': async (t, { driver }) => {
    const id = randomUUID()
    await (await driver.createUpload(id)).close()
    await t.throwsAsync(driver.createUpload(id), { code: 'EEXIST' })
  },

  'an upload is removed, and with it its bytes': async (t, { driver, uploads }) => {
    const id = randomUUID()
    const upload = await driver.createUpload(id)
    await upload.append(hello)
    await upload.close()
    await driver.removeUpload(id)
    t.is(await driver.openUpload(id, 5), undefined)
    t.deepEqual(await uploads(), [])
  },

  'a blob that is there is kept': async (t, { driver, damage, uploads }) => {
    await driver.put(digest, hello)
    await damage(digest, Buffer.from('HELLO'))
    await driver.put(digest, hello)
    t.is(await blobText(driver), 'HELLO', 'of the same size: not looked into')
    await (await filled(driver, 'hello')).commit(digest)
    t.is(await blobText(driver), 'HELLO')
    t.deepEqual(await uploads(), [])
  },

  'a blob of another size is replaced': async (t, { driver, damage }) => {
    for (const wrong of ['', 'hell', 'hello!']) {
      await driver.put(digest, hello, { replace: true })
      await damage(digest, Buffer.from(wrong))
      await driver.put(digest, hello)
      t.is(await blobText(driver), 'hello', `put over ${JSON.stringify(wrong)}`)
      await damage(digest, Buffer.from(wrong))
      await (await filled(driver, 'hello')).commit(digest)
      t.is(await blobText(driver), 'hello', `commit over ${JSON.stringify(wrong)}`)
    }
  },

  'replace takes the place of what is there': async (t, { driver, damage }) => {
    await driver.put(digest, hello)
    await damage(digest, Buffer.from('HELLO'))
    await driver.put(digest, hello, { replace: true })
    t.is(await blobText(driver), 'hello')
    await damage(digest, Buffer.from('HELLO'))
    await (await filled(driver, 'hello')).commit(digest, { replace: true })
    t.is(await blobText(driver), 'hello')
  },

  'a blob set aside is out of sight, and the next one heals it': async (t, { driver, damage }) => {
    for (const round of [1, 2]) {
      await driver.put(digest, hello)
      await damage(digest, Buffer.from('HELLO'))
      await (await driver.open(digest))?.close()
      await driver.setAside(digest)
      t.is(await driver.size(digest), undefined, `round ${round}`)
      t.is(await blobText(driver), undefined)
      await (await filled(driver, 'hello')).commit(digest)
      t.is(await blobText(driver), 'hello')
      await driver.remove(digest)
    }
  },

  'a reader reads to the end what is removed, set aside or replaced meanwhile': async (t, { driver }) => {
    const changes: ((driver: BlobDriver) => Promise<unknown>)[] = [
      async () => driver.remove(digest),
      async () => driver.setAside(digest),
      async () => driver.put(digest, Buffer.from('other'), { replace: true }),
    ]
    for (const change of changes) {
      await driver.put(digest, hello, { replace: true })
      const reader = await driver.open(digest)
      await change(driver)
      t.is(await contentOf(reader), 'hello')
      t.not(await blobText(driver), 'hello', 'and the next one does not see it')
      await reader?.close()
      t.not(await blobText(driver), 'hello')
    }
  },

  'what was read before is not shown when it was cut short or damaged since': async (t, { driver, damage }) => {
    await driver.put(digest, hello)
    t.is(await blobText(driver), 'hello')
    await damage(digest, Buffer.from('hel'))
    const reader = await driver.open(digest)
    t.is(reader?.size, 3)
    await reader?.close()
  },

  'the same blob is committed by many at once': async (t, { driver, uploads }) => {
    const all = await Promise.all(Array.from({ length: 8 }, async () => filled(driver, 'hel', 'lo')))
    await Promise.all([...all.map(async (upload) => upload.commit(digest)), driver.put(digest, hello)])
    t.is(await blobText(driver), 'hello')
    t.deepEqual(await uploads(), [])
  },

  'blobs whose digests begin alike are put at once': async (t, { driver }) => {
    const texts = Array.from({ length: 40 }, (_, n) => `text ${n}`)
    await Promise.all(texts.map(async (text) => driver.put(digestOf(text), Buffer.from(text))))
    for (const text of texts) t.is(await blobText(driver, digestOf(text)), text)
  },

  'opening and removing at once never gives a removed blob afterwards': async (t, { driver }) => {
    for (let n = 0; n < 30; n++) {
      await driver.put(digest, hello)
      const opening = Array.from({ length: 4 }, async () => driver.open(digest))
      const removing = driver.remove(digest)
      opening.push(driver.open(digest))
      t.true(await removing)
      t.is(await driver.open(digest), undefined)
      for (const reader of await Promise.all(opening)) {
        t.is((await contentOf(reader)) ?? 'hello', 'hello')
        await reader?.close()
      }
      t.is(await driver.open(digest), undefined)
    }
  },

  'space is told': async (t, { driver }) => {
    const space = await driver.space()
    t.true(space === undefined || (space.free > 0 && space.free <= space.total))
  },

  'any parts make the whole': async (t, { driver }) => {
    const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(parts, async (chunks) => {
        const whole = Buffer.concat([...chunks, randomBytes(8)])
        const upload = await filled(driver)
        for (const chunk of chunks) await upload.append(chunk)
        await upload.append(whole.subarray(upload.size))
        t.is(await contentOf(upload), whole.toString('latin1'))
        await upload.commit(digestOf(whole))
        t.is(await blobText(driver, digestOf(whole)), whole.toString('latin1'))
      }),
      { numRuns: 20 },
    )
  },
}

import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { BlobDriver, UploadBytes } from '../storage/blob-types.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { uploadRows } from '../storage/rows.ts'
import { blobServices, body, dataFolder, fileDriver, one, two } from './testing/blob-services.ts'

const digest = digestOf('hello')

test('what could not be synced is dropped when nobody reads it any more', async (t) => {
  const memory = createMemoryDriver()
  let reads = 0
  let readsAtClose: number | undefined
  const driver: BlobDriver = {
    ...memory,
    createUpload: async (id) => {
      const upload = await memory.createUpload(id)
      const changes: Partial<UploadBytes> = {
        sync: async () => Promise.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })),
        read: async (target, position) => {
          reads++
          await sleep(20)
          reads--
          return upload.read(target, position)
        },
        close: async () => {
          readsAtClose = reads
        },
      }
      return Object.defineProperty({ ...upload, ...changes }, 'size', { get: () => upload.size })
    },
  }
  const { uploads } = blobServices(t, { driver })
  const { id } = await uploads.start(one)
  const end = { digest: digestOf('hello', 'sha512'), body: { bytes: body('hello') } }
  await t.throwsAsync(uploads.finish(one, id, end), { code: 'EIO' })
  t.is(readsAtClose, 0)
})

test('bytes of a killed process that cannot be synced end the session, whoever asks for it', async (t) => {
  const [memory, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  const first = blobServices(t, { driver: memory, metadata })
  const { id } = await first.uploads.start(one)
  await first.uploads.append(one, id, { bytes: body('he') })
  await (await memory.openUpload(id, 2))?.append(Buffer.from('llo'))
  let failures = 1
  const driver: BlobDriver = {
    ...memory,
    openUpload: async (...args) => {
      const upload = await memory.openUpload(...args)
      const sync = async (): Promise<void> => {
        if (failures-- > 0) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' })
      }
      return upload && Object.defineProperty({ ...upload, sync }, 'size', { get: () => upload.size })
    },
  }
  const { uploads } = blobServices(t, { driver, metadata })
  await t.throwsAsync(uploads.state(one, id), { code: 'EIO' })
  await t.throwsAsync(uploads.state(one, id), { code: 'BLOB_UPLOAD_UNKNOWN' })
})

test('rows of uploads that are damaged are no sessions, and do not keep others from being', async (t) => {
  const [driver, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  const first = blobServices(t, { driver, metadata })
  const { id } = await first.uploads.start(one)
  await first.uploads.append(one, id, { bytes: body('he') })
  const value = (await metadata.get(uploadRows.key(id))) ?? ''
  await metadata.commit({
    put: [
      { key: uploadRows.key('a'), value: 'garbage' },
      { key: uploadRows.key('b'), value: value.replace(one, '../x') },
    ],
  })
  await driver.createUpload('a')
  const { uploads } = blobServices(t, { driver, metadata, limits: { sessions: 2 } })
  t.is((await uploads.state(one, id)).offset, 2)
  await t.notThrowsAsync(uploads.start(two))
  await uploads.purge()
  t.deepEqual(await driver.listUploads(), [id])
})

test('what is corrupt without anybody having noticed is healed by the next push as well', async (t) => {
  const root = dataFolder(t)
  const services = blobServices(t, { driver: await fileDriver(t, root) })
  const push = async (name: typeof one): Promise<void> => {
    const { id } = await services.uploads.start(name)
    await services.uploads.finish(name, id, { digest, body: { bytes: body('hello') } })
  }
  await push(one)
  writeFileSync(blobPlace(registryLayout(root), digest).file, 'HELLO')
  await push(two)
  const reader = await services.blobs.open(one, digest)
  const bytes = Buffer.alloc(5)
  await reader.read(bytes, 0)
  await reader.close()
  t.is(bytes.toString(), 'hello')
})

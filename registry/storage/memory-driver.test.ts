import test from 'ava'
import { createMemoryDriver } from './memory-driver.ts'
import { blobDriverSuite, digest, hello } from './testing/blob-contract.ts'

blobDriverSuite(test, {
  name: 'memory',
  make: async () => {
    const driver = createMemoryDriver()
    return {
      driver,
      again: async () => driver,
      damage: async (of, bytes) => driver.put(of, bytes, { replace: true }),
      uploads: async () => [],
    }
  },
})

test('beyond the limit it is full, and stays as it was', async (t) => {
  const driver = createMemoryDriver({ limit: 8 })
  await driver.put(digest, hello)
  const upload = await driver.createUpload('id')
  await upload.append(Buffer.from('abc'))
  await t.throwsAsync(upload.append(Buffer.from('d')), { code: 'DISK_FULL' })
  t.is(upload.size, 3)
  t.deepEqual(await driver.space(), { free: 0, total: 8 })
  await driver.remove(digest)
  await upload.append(Buffer.from('d'))
  t.is(upload.size, 4)
})

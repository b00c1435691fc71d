import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { doomedRows } from '../storage/rows.ts'
import { createService } from './create-service.ts'
import { imageOf, named, pushArtifact, pushBlob } from './testing/images.ts'
import type { RegistryHold, RegistryService } from './types.ts'

interface Bench {
  readonly service: RegistryService
  readonly driver: BlobDriver
  readonly metadata: RowStore
}

const app = named('app')

async function bench(): Promise<Bench> {
  const [driver, metadata] = [createMemoryDriver(), createMemoryMetadata()]
  return { service: await createService({ driver, metadata }), driver, metadata }
}

async function keysIn(hold: RegistryHold): Promise<string[]> {
  const keys: string[] = []
  for await (const rows of hold.rows()) keys.push(...rows.map(({ key }) => key))
  return keys
}

/** Waits until the bytes are gone, as they go behind the one who let go of them. */
async function isGone(driver: BlobDriver, digest: Digest): Promise<boolean> {
  for (let i = 0; i < 200 && (await driver.size(digest)) !== undefined; i++) await new Promise(setImmediate)
  return (await driver.size(digest)) === undefined
}

test('bytes that are deleted stay while somebody holds, and go afterwards', async (t) => {
  const { service, driver, metadata } = await bench()
  const image = imageOf('held')
  await pushArtifact(service, app, image, ['1'])
  const digests = [image.digest, ...image.blobs.map((blob) => digestOf(blob))]
  const [first, second] = [await service.hold(), await service.hold()]
  await service.manifests.remove(app, { digest: image.digest })
  for (const digest of digests.slice(1)) await service.blobs.remove(app, digest)
  await t.throwsAsync(service.blobs.size(app, digests[1] as Digest), { message: /has no blob/ })
  await first.release()
  for (const digest of digests) t.false(await isGone(driver, digest), 'the second one holds')
  t.true((await keysIn(second)).includes(`manifest app ${image.digest}`))
  t.true(second.isHeld())
  await second.release()
  t.false(second.isHeld())
  for (const digest of digests) t.true(await isGone(driver, digest))
  await service.close()
  t.deepEqual(await metadata.list({ prefix: doomedRows.prefix(), limit: 9 }), [], 'nothing is left to be done')
})

test('whoever deletes just when the rows are taken takes no bytes away', async (t) => {
  const [driver, inner] = [createMemoryDriver(), createMemoryMetadata()]
  let meanwhile = async (): Promise<void> => undefined
  const snapshot: RowStore['snapshot'] = async () => {
    const taken = await inner.snapshot()
    await meanwhile()
    return taken
  }
  const service = await createService({ driver, metadata: { ...inner, snapshot } })
  const digest = await pushBlob(service, app, Buffer.from('just now'))
  meanwhile = () => service.blobs.remove(app, digest)
  const hold = await service.hold()
  t.true((await keysIn(hold)).includes(`blob ${digest}`))
  t.false(await isGone(driver, digest))
  await hold.release()
  t.true(await isGone(driver, digest))
  await service.close()
})

test('what was pushed again meanwhile stays', async (t) => {
  const { service, driver } = await bench()
  const bytes = Buffer.from('again')
  const digest = await pushBlob(service, app, bytes)
  const hold = await service.hold()
  await service.blobs.remove(app, digest)
  await pushBlob(service, app, bytes)
  await hold.release()
  t.false(await isGone(driver, digest))
  t.is(await service.blobs.size(app, digest), bytes.byteLength)
  await service.close()
})

test('bytes that a stopped process still held go with the next one', async (t) => {
  const { service, driver, metadata } = await bench()
  const digest = await pushBlob(service, app, Buffer.from('left'))
  const hold = await service.hold()
  await service.blobs.remove(app, digest)
  const again = await createService({ driver, metadata })
  t.true(await isGone(driver, digest))
  await hold.release()
  await service.close()
  await again.close()
})

test('the rows are those of the moment of the hold, page after page', async (t) => {
  const { service, metadata } = await bench()
  const many = Array.from({ length: 1234 }, (_, i) => ({ key: `x ${i}`, value: '1' }))
  await metadata.commit({ put: many })
  const hold = await service.hold()
  await metadata.commit({ remove: many.map(({ key }) => key), put: [{ key: 'y', value: '1' }] })
  const keys = await keysIn(hold)
  t.deepEqual(
    keys.filter((key) => key.startsWith('x ')),
    many.map(({ key }) => key).sort(),
  )
  t.false(keys.includes('y'))
  await hold.release()
  await hold.release()
  await service.close()
})

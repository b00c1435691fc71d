import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { pageBytes, pageMemory } from '../../shared/sys/page-memory.ts'
import { type FileDriverOptions, openFileDriver } from './file-driver.ts'
import { blobPlace, registryLayout } from './layout.ts'
import { blobDriverSuite, blobText, digest, hello } from './testing/blob-contract.ts'

function folder(t: ExecutionContext): string {
  const root = mkdtempSync(path.join(tmpdir(), 'file-driver-'))
  t.teardown(() => rmSync(root, { recursive: true, force: true }))
  return root
}

for (const durability of ['strict', 'group', 'relaxed'] as const) {
  blobDriverSuite(test, {
    name: durability,
    make: async (t) => {
      const root = folder(t)
      const layout = registryLayout(root)
      const again = async (): ReturnType<typeof openFileDriver> => openFileDriver(root, { durability })
      return {
        driver: await again(),
        again,
        damage: async (of, bytes) => writeFileSync(blobPlace(layout, of).file, bytes),
        uploads: async () =>
          readdirSync(layout.uploads).flatMap((boot) => readdirSync(path.join(layout.uploads, boot))),
      }
    },
  })
}

test('files lie where the layout says', async (t) => {
  const root = path.join(folder(t), 'not/yet')
  const driver = await openFileDriver(root, { boot: '01234567-89ab-cdef' })
  await driver.put(digest, hello)
  await driver.put(digestOf(hello, 'sha512'), hello)
  const upload = await driver.createUpload('an-id')
  t.true(
    existsSync(
      path.join(root, 'registry/blobs/sha256/2c/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'),
    ),
  )
  t.deepEqual(readdirSync(path.join(root, 'registry/blobs/sha512')), ['9b'])
  t.deepEqual(readdirSync(path.join(root, 'registry/uploads')), ['0123456789ab'])
  t.deepEqual(readdirSync(path.join(root, 'registry/uploads/0123456789ab')), ['an-id'])
  await upload.close()
  await driver.setAside(digest)
  t.regex(readdirSync(path.join(root, 'registry/aside')).join(), /^sha256-2cf24dba[0-9a-f]{56}\.\d+$/)
})

test('a large upload is the same, whatever of it goes past the cache of the system', async (t) => {
  const root = folder(t)
  const driver = await openFileDriver(root, { cached: 2 * pageBytes })
  const upload = await driver.createUpload('id')
  const slab = new Uint8Array(pageMemory(4 * pageBytes) ?? new SharedArrayBuffer(4 * pageBytes), 0, 4 * pageBytes)
  const parts: Buffer[] = []
  for (const length of [1, 2 * pageBytes - 1, 4 * pageBytes, 3 * pageBytes + 100, pageBytes - 100, 2 * pageBytes, 7]) {
    parts.push(randomBytes(length))
    slab.set(parts.at(-1) ?? [])
    await upload.append(slab.subarray(0, length))
  }
  const whole = Buffer.concat(parts)
  t.is(upload.size, whole.byteLength)
  await upload.commit(digestOf(whole))
  t.true(readFileSync(blobPlace(registryLayout(root), digestOf(whole)).file).equals(whole))
  await driver.close()
})

test('of an upload of an earlier boot what was acknowledged is kept', async (t) => {
  const root = folder(t)
  const boots: FileDriverOptions[] = [{ boot: 'aaaaaaaaaaaa' }, { boot: 'bbbbbbbbbbbb' }, { boot: 'cccccccccccc' }]
  const first = await (await openFileDriver(root, boots[0])).createUpload('id')
  await first.append(Buffer.from('hel'))
  await first.sync()
  await first.append(Buffer.from('?????'))
  await first.close()

  const driver = await openFileDriver(root, boots[1])
  const second = await driver.openUpload('id', 3)
  t.is(second?.size, 3)
  await second?.append(Buffer.from('lo'))
  await second?.close()
  t.deepEqual(readdirSync(registryLayout(root).uploads), ['bbbbbbbbbbbb'])
  const again = await driver.openUpload('id', 3)
  t.is(again?.size, 5, 'written in this boot')
  await again?.close()

  const third = await (await openFileDriver(root, boots[2])).openUpload('id', 9)
  t.is(third?.size, 5, 'never more than there is')
  await third?.commit(digest)
  t.is(await blobText(driver), 'hello')
})

for (const [title, boot, whole] of [
  ['the process', 'aaaaaaaaaaaa', 'hello!'],
  ['the machine', 'bbbbbbbbbbbb', 'hell!'],
] as const) {
  test(`an upload that is a blob as well since ${title} was stopped is written to without changing the blob`, async (t) => {
    const root = folder(t)
    const layout = registryLayout(root)
    const first = await (await openFileDriver(root, { boot: 'aaaaaaaaaaaa' })).createUpload('id')
    await first.append(hello)
    await first.sync()
    await first.close()
    const place = blobPlace(layout, digest)
    mkdirSync(place.folder)
    linkSync(path.join(layout.uploads, 'aaaaaaaaaaaa/id'), place.file)

    const driver = await openFileDriver(root, { boot })
    const upload = await driver.openUpload('id', 4)
    await upload?.append(Buffer.from('!'))
    t.is(await blobText(driver), 'hello')
    t.deepEqual(await driver.listUploads(), ['id'])
    await upload?.commit(digestOf(whole))
    t.is(await blobText(driver), 'hello')
    t.is(await blobText(driver, digestOf(whole)), whole)
  })
}

test('an upload of an earlier boot is removed', async (t) => {
  const root = folder(t)
  const first = await openFileDriver(root, { boot: 'aaaaaaaaaaaa' })
  await (await first.createUpload('id')).close()
  await (await openFileDriver(root, { boot: 'bbbbbbbbbbbb' })).removeUpload('id')
  t.deepEqual(readdirSync(registryLayout(root).uploads), ['bbbbbbbbbbbb'])
})

test('a blob that another process removed is not shown', async (t) => {
  const root = folder(t)
  const driver = await openFileDriver(root)
  await driver.put(digest, hello)
  t.is(await blobText(driver), 'hello')
  rmSync(blobPlace(registryLayout(root), digest).file)
  t.is(await blobText(driver), undefined)
  await driver.put(digest, hello)
  t.is(await blobText(driver), 'hello')
})

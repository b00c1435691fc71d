import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import type { BlobDriver, BlobReader } from './blob-types.ts'
import { openFileDriver } from './file-driver.ts'
import { type Files, nodeFiles } from './files.ts'
import { blobPlace, registryLayout } from './layout.ts'
import { randomFrom, SimulatedDisk } from './testing/simulated-disk.ts'

const bytes = Buffer.from('bytes of another registry')
const digest = digestOf(bytes)

async function isRight(reader: BlobReader): Promise<boolean> {
  const read = Buffer.alloc(reader.size)
  await reader.read(read, 0)
  return digestOf(read) === digest
}

async function contentOf(driver: BlobDriver, wanted: Digest = digest): Promise<string | undefined> {
  const reader = await driver.open(wanted)
  const read = Buffer.alloc(reader?.size ?? 0)
  await reader?.read(read, 0)
  await reader?.close()
  return reader === undefined ? undefined : read.toString()
}

interface Scene {
  readonly folder: string
  readonly file: string
  readonly own: string
  readonly driver: BlobDriver
}

async function scene(t: ExecutionContext, files: Partial<Files> = {}): Promise<Scene> {
  const folder = temporaryFolder(t)
  const [root, file] = [join(folder, 'root'), join(folder, 'theirs')]
  mkdirSync(root)
  writeFileSync(file, bytes, { mode: 0o644 })
  const driver = await openFileDriver(root, { files: { ...nodeFiles, ...files } })
  t.teardown(() => driver.close())
  return { folder, file, own: blobPlace(registryLayout(root), digest).file, driver }
}

const fail = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code })
}

test('a file of others becomes a blob by a hard link, and stays what it is', async (t) => {
  const { driver, file, own } = await scene(t)
  const before = statSync(file)
  t.is(await driver.adopt(digest, file, isRight), 'linked')
  t.is(statSync(own).ino, before.ino)
  t.is(statSync(file).mtimeMs, before.mtimeMs)
  t.is(statSync(file).mode, before.mode)
  t.is(await contentOf(driver), bytes.toString())
  t.deepEqual(await driver.listUploads(), [])
  t.true(await driver.remove(digest))
  t.is(readFileSync(file, 'utf8'), bytes.toString())
})

for (const code of ['EXDEV', 'EPERM', 'EMLINK']) {
  test(`where that cannot be (${code}) it is copied`, async (t) => {
    const link: Files['link'] = async (from, to) => (from === file ? fail(code)() : nodeFiles.link(from, to))
    const { driver, file, own } = await scene(t, { link })
    t.is(await driver.adopt(digest, file, isRight), 'copied')
    t.not(statSync(own).ino, statSync(file).ino)
    t.is(await contentOf(driver), bytes.toString())
  })
}

test('bytes that are not right are not taken, and leave nothing', async (t) => {
  const { driver, file, own } = await scene(t)
  writeFileSync(file, 'something else')
  t.is(await driver.adopt(digest, file, isRight), 'refused')
  t.is(await driver.size(digest), undefined)
  t.deepEqual(await driver.listUploads(), [])
  await t.throwsAsync(driver.adopt(digest, `${file}-none`, isRight), { code: 'ENOENT' })
  await t.throwsAsync(driver.adopt(digest, file, fail('EIO')), { code: 'EIO' })
  t.deepEqual(await driver.listUploads(), [])
  t.throws(() => statSync(own), { code: 'ENOENT' })
})

test('they take the place of what is there, never the other way round', async (t) => {
  const { driver, file, own } = await scene(t)
  await driver.put(digest, Buffer.from('damaged'))
  t.is(await driver.adopt(digest, file, isRight), 'linked')
  t.is(await contentOf(driver), bytes.toString())
  t.is(await driver.adopt(digest, file, isRight), 'linked')
  t.is(statSync(own).ino, statSync(file).ino)
})

test('a symbolic link is no blob, whatever it leads to', async (t) => {
  const { driver, folder, file } = await scene(t)
  const link = join(folder, 'link')
  symlinkSync(file, link)
  await t.throwsAsync(driver.adopt(digest, link, isRight), { code: 'ELOOP' })
  t.is(await driver.size(digest), undefined)
})

test('a blob gets another name outside, and nothing is overwritten', async (t) => {
  const { driver, folder, file, own } = await scene(t)
  await driver.put(digest, bytes)
  const out = join(folder, 'out')
  t.true(await driver.give(digest, out))
  t.is(lstatSync(out).ino, lstatSync(own).ino)
  await t.throwsAsync(driver.give(digest, file), { code: 'EEXIST' })
  t.false(await driver.give(digestOf('none'), join(folder, 'none')))
  t.false(readdirSync(folder).includes('none'))
  const elsewhere = await scene(t, { link: fail('EXDEV') })
  t.false(await elsewhere.driver.give(digest, out))
})

/** Adopts on a disk whose power is cut afterwards; what is left of the blob, and of the file of others. */
async function afterCut(seed: number, files: (disk: SimulatedDisk) => Files): Promise<readonly (string | undefined)[]> {
  const disk = new SimulatedDisk()
  const theirs = await disk.files.open('/theirs', 'create')
  await theirs?.write(bytes, 0)
  await disk.files.syncFolder('/')
  const driver = await openFileDriver('/data', { files: files(disk), boot: 'one' })
  await driver.adopt(digest, '/theirs', isRight)
  const after = disk.cut(randomFrom(seed))
  return [await contentOf(await openFileDriver('/data', { files: after.files, boot: 'two' }))]
}

test('what was adopted is there after a power cut, also when whoever wrote it did not sync it', async (t) => {
  for (let seed = 0; seed < 60; seed++) t.deepEqual(await afterCut(seed, (disk) => disk.files), [bytes.toString()])
})

test('without a sync of its content or its name it is not: the test above can fail', async (t) => {
  const lazyFolder = (disk: SimulatedDisk): Files => ({ ...disk.files, syncFolder: async () => undefined })
  const lazyContent = (disk: SimulatedDisk): Files => ({
    ...disk.files,
    open: async (path, how) => {
      const file = await disk.files.open(path, how)
      return file && { ...file, sync: async () => undefined }
    },
  })
  for (const lazy of [lazyFolder, lazyContent]) {
    const seeds = [...Array.from({ length: 60 }).keys()]
    const left = await Promise.all(seeds.map((seed) => afterCut(seed, lazy)))
    t.true(left.some(([content]) => content !== bytes.toString()))
  }
})

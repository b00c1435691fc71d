import test, { type ExecutionContext } from 'ava'
import { type Digest, digestOf, parseDigest } from '../../shared/base/digest.ts'
import type { BlobDriver, UploadBytes } from './blob-types.ts'
import { openFileDriver } from './file-driver.ts'
import type { Files } from './files.ts'
import { blobDriverSuite, contentOf } from './testing/blob-contract.ts'
import { PowerCut, type Random, randomFrom, SimulatedDisk } from './testing/simulated-disk.ts'

/** What was told to be durable when the power was cut. */
interface Told {
  readonly blobs: Map<Digest, string>
  /** Bytes that were synced, and all that were given. */
  readonly uploads: Map<string, { synced: number; given: string }>
}

type Mutation = (files: Files) => Files
const unchanged: Mutation = (files) => files

/** Does this and that, until the power is cut. */
async function work(driver: BlobDriver, told: Told, random: Random): Promise<void> {
  const open = new Map<string, UploadBytes>()
  for (let n = 0; ; n++) {
    const text = `text ${Math.floor(random() * 12)}`
    const id = `u${Math.floor(random() * 4)}`
    const upload = open.get(id)
    const choice = random()
    if (choice < 0.2) {
      const digest = digestOf(text)
      await driver.put(digest, Buffer.from(text), { replace: random() < 0.2 })
      told.blobs.set(digest, text)
    } else if (choice < 0.3) {
      told.blobs.delete(digestOf(text))
      if (random() < 0.5) await driver.remove(digestOf(text))
      else await driver.setAside(digestOf(text))
    } else if (upload === undefined) {
      await driver.removeUpload(id)
      told.uploads.set(id, { synced: 0, given: '' })
      open.set(id, await driver.createUpload(id))
    } else await goOn(upload, { id, text, random, told, open })
  }
}

interface Step {
  readonly id: string
  readonly text: string
  readonly random: Random
  readonly told: Told
  readonly open: Map<string, UploadBytes>
}

async function goOn(upload: UploadBytes, { id, text, random, told, open }: Step): Promise<void> {
  const known = told.uploads.get(id) ?? { synced: 0, given: '' }
  const choice = random()
  if (choice < 0.5) {
    known.given += text
    await upload.append(Buffer.from(text))
  } else if (choice < 0.8) {
    await upload.sync()
    known.synced = upload.size
  } else {
    const digest = digestOf(known.given)
    told.uploads.delete(id)
    open.delete(id)
    await upload.commit(digest)
    told.blobs.set(digest, known.given)
  }
}

/** What was promised and is not so after the power was cut at the `at`-th call. */
async function lostAt(at: number, mutate: Mutation): Promise<string[]> {
  const random = randomFrom(at)
  const disk = new SimulatedDisk()
  disk.onCall = () => {
    if (disk.calls >= at) throw new PowerCut()
  }
  const told: Told = { blobs: new Map(), uploads: new Map() }
  const boot = (on: SimulatedDisk, name: string): Promise<BlobDriver> =>
    openFileDriver('/data', { files: mutate(on.files), boot: name, flushEvery: 20 })
  try {
    await work(await boot(disk, 'aaaaaaaaaaaa'), told, random)
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
  }
  const after = disk.cut(random)
  return lost(after, await boot(after, 'bbbbbbbbbbbb'), told)
}

async function lost(disk: SimulatedDisk, driver: BlobDriver, told: Told): Promise<string[]> {
  const found: string[] = []
  for (const [digest, text] of told.blobs) {
    const reader = await driver.open(digest)
    if ((await contentOf(reader)) !== text) found.push(`blob ${text}`)
  }
  for (const [id, { synced, given }] of told.uploads) {
    const upload = synced === 0 ? undefined : await driver.openUpload(id, synced)
    const content = (await contentOf(upload)) ?? ''
    if (content !== given.slice(0, synced)) found.push(`upload ${id}: ${JSON.stringify(content)}`)
  }
  for (const path of disk.list()) {
    const [, algorithm, hex] = /\/blobs\/(\w+)\/\w\w\/(\w+)$/.exec(path) ?? []
    if (algorithm === undefined) continue
    const digest = parseDigest(`${algorithm}:${hex}`)
    if (digestOf(Buffer.from((await contentOf(await driver.open(digest))) ?? '')) !== digest)
      found.push(`half ${digest}`)
  }
  return found
}

async function allLost(mutate: Mutation, until: number): Promise<string[]> {
  const found: string[] = []
  for (let at = 1; at <= until; at++) found.push(...(await lostAt(at, mutate)))
  return found
}

test('whenever the power is cut, what was told to be durable is there and no blob is half', async (t) => {
  t.deepEqual(await allLost(unchanged, 250), [])
})

/** Each mechanism switched off. */
const mutations: readonly [string, Mutation][] = [
  ['content is not synced', withoutSync(() => true)],
  ['the folders of blobs are not synced', withoutFolderSync((path) => /blobs\/sha256\/\w\w$/.test(path))],
  ['the folder above a new folder is not synced', withoutFolderSync((path) => path.endsWith('blobs/sha256'))],
  ['the folder of uploads is not synced', withoutFolderSync((path) => path.includes('/uploads/'))],
  ['folders that are made at first are not synced', withoutFolderSync((path) => /registry(?:\/blobs)?$/.test(path))],
  ['a blob has its name before it is synced', lateSync],
  [
    'uploads of an earlier boot are not cut',
    (files) => ({ ...files, open: async (path, how) => uncut(await files.open(path, how)) }),
  ],
]
for (const [title, mutate] of mutations) {
  test(`that is seen when ${title}`, async (t) => {
    const found = await allLost(mutate, 180)
    t.true(found.length > 0)
    t.log(found.length, found[0])
  })
}

function withoutSync(of: (path: string) => boolean): Mutation {
  return (files) => ({
    ...files,
    open: async (path, how) => {
      const file = await files.open(path, how)
      return file && of(path) ? { ...file, sync: async () => undefined } : file
    },
  })
}

function withoutFolderSync(of: (path: string) => boolean): Mutation {
  return (files) => ({ ...files, syncFolder: async (path) => (of(path) ? undefined : files.syncFolder(path)) })
}

function uncut(file: Awaited<ReturnType<Files['open']>>): typeof file {
  return file && { ...file, truncate: async () => undefined }
}

/** Syncs the content of a file after its folder. */
function lateSync(files: Files): Files {
  const late: (() => Promise<void>)[] = []
  return {
    ...files,
    open: async (path, how) => {
      const file = await files.open(path, how)
      return file && { ...file, sync: async () => void late.push(async () => file.sync()) }
    },
    syncFolder: async (path) => {
      await files.syncFolder(path)
      for (const sync of late.splice(0)) await sync()
    },
  }
}

blobDriverSuite(test, {
  name: 'simulated disk',
  make: async (t: ExecutionContext) => {
    const disk = new SimulatedDisk()
    const again = async (): Promise<BlobDriver> => openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
    t.teardown(() => undefined)
    return {
      driver: await again(),
      again,
      damage: async (of, bytes) => {
        const path = disk.list().find((name) => name.endsWith(of.slice(7)) && name.includes('/blobs/')) ?? ''
        const file = await disk.files.open(path, 'write')
        await file?.truncate(0)
        await file?.write(bytes, 0)
      },
      uploads: async () => disk.list().filter((path) => path.includes('/uploads/')),
    }
  },
})

test('a folder whose sync failed is not believed: the name is taken away, and written anew', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  const digest = digestOf('hello')
  let failures = 1
  disk.onCall = (call, path) => {
    if (call === 'fsync' && /blobs\/sha256\/\w\w$/.test(path) && failures-- > 0) throw eio()
  }
  await t.throwsAsync(driver.put(digest, Buffer.from('hello')), { code: 'EIO' })
  t.is(await driver.size(digest), undefined)
  t.deepEqual(disk.list(), [])
  await driver.put(digest, Buffer.from('hello'))
  t.is(await driver.size(digest), 5)
})

test('a blob that was there stays when the folder in which it is replaced cannot be synced', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  const digest = digestOf('hello')
  await driver.put(digest, Buffer.from('hello'))
  disk.onCall = (call) => {
    if (call === 'fsync') throw eio()
  }
  await t.throwsAsync(driver.put(digest, Buffer.from('hello'), { replace: true }), { code: 'EIO' })
  t.is(await contentOf(await driver.open(digest)), 'hello')
})

test('a blob that is there and cannot be synced is written anew', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  const digest = digestOf('hello')
  await driver.put(digest, Buffer.from('hello'))
  const calls: string[] = []
  disk.onCall = (call, path) => {
    if (call === 'fdatasync' && path.includes('/blobs/')) throw eio()
    calls.push(call)
  }
  await driver.put(digest, Buffer.from('hello'))
  t.deepEqual(calls.slice(-3), ['rename', 'fsync', 'unlink'])
})

test('a blob is one although its name as an upload cannot be taken away', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  const upload = await driver.createUpload('id')
  await upload.append(Buffer.from('hello'))
  disk.onCall = (call) => {
    if (call === 'unlink') throw eio()
  }
  await upload.commit(digestOf('hello'))
  t.is(await contentOf(await driver.open(digestOf('hello'))), 'hello')
  t.deepEqual(await driver.listUploads(), ['id'], 'to be removed later')
})

test('content whose sync failed is never believed again', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  const upload = await driver.createUpload('id')
  await upload.append(Buffer.from('hello'))
  disk.onCall = (call) => {
    if (call === 'fdatasync') throw eio()
  }
  await t.throwsAsync(upload.sync(), { code: 'EIO' })
  disk.onCall = () => undefined
  await t.throwsAsync(upload.sync(), { code: 'EIO' })
  await t.throwsAsync(upload.append(Buffer.from('x')), { code: 'EIO' })
  await t.throwsAsync(upload.commit(digestOf('hello')), { code: 'EIO' })
  t.is(await driver.size(digestOf('hello')), undefined)
})

for (const code of ['ENOSPC', 'EDQUOT']) {
  test(`${code}: a part that does not fit is cut off, and the upload goes on when there is space`, async (t) => {
    const disk = new SimulatedDisk()
    const partly: Mutation = (files) => ({
      ...files,
      open: async (path, how) => {
        const file = await files.open(path, how)
        return file && { ...file, write: async (bytes, position) => file.write(bytes.subarray(0, 3), position) }
      },
    })
    const driver = await openFileDriver('/data', { files: partly(disk.files), boot: 'aaaaaaaaaaaa' })
    const upload = await driver.createUpload('id')
    await upload.append(Buffer.from('he'))
    let left = 1
    disk.onCall = (call) => {
      if (call === 'write' && left-- === 0) throw Object.assign(new Error(code), { code })
    }
    await t.throwsAsync(upload.append(Buffer.from('llo, world')), { code: 'DISK_FULL' })
    t.is(upload.size, 2)
    t.is(await contentOf(upload), 'he')
    t.is((await disk.files.open('/data/registry/uploads/aaaaaaaaaaaa/id', 'read'))?.look().size, 2)
    disk.onCall = () => undefined
    await upload.append(Buffer.from('llo'))
    await upload.commit(digestOf('hello'))
    t.is(await contentOf(await driver.open(digestOf('hello'))), 'hello')
  })
}

test('a part that was written partly and cannot be cut off ends the upload', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  const upload = await driver.createUpload('id')
  await upload.append(Buffer.from('hello'))
  disk.onCall = (call) => {
    if (call === 'write' || call === 'truncate') throw eio()
  }
  await t.throwsAsync(upload.append(Buffer.from('x')), { code: 'EIO' })
  disk.onCall = () => undefined
  await t.throwsAsync(upload.commit(digestOf('hello')), { code: 'EIO' })
})

test('bytes are synced once, and the name of an upload only when it is to be found again', async (t) => {
  const disk = new SimulatedDisk()
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  await driver.put(digestOf('hello'), Buffer.from('hello'))
  await driver.remove(digestOf('hello'))
  const upload = await driver.createUpload('id')
  await upload.append(Buffer.from('hello'))
  const calls: string[] = []
  disk.onCall = (call, path) => {
    if (call.includes('sync')) calls.push(`${call} ${path.replace('/data/registry/', '').slice(0, 7)}`)
  }
  await upload.sync({ isLast: true })
  await upload.commit(digestOf('hello'))
  t.deepEqual(calls, ['fdatasync uploads', 'fsync blobs/s'])
})

test('where there are no hard links files are renamed', async (t) => {
  const disk = new SimulatedDisk()
  disk.onCall = (call) => {
    if (call === 'link') throw Object.assign(new Error('EPERM'), { code: 'EPERM' })
  }
  const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa' })
  await driver.put(digestOf('hello'), Buffer.from('hello'))
  await driver.put(digestOf('hello'), Buffer.from('hello'))
  t.is(await contentOf(await driver.open(digestOf('hello'))), 'hello')
  t.is(disk.list().length, 1)
})

test('relaxed syncs nothing, strict and group sync in this order', async (t) => {
  for (const durability of ['strict', 'group', 'relaxed'] as const) {
    const disk = new SimulatedDisk()
    const driver = await openFileDriver('/data', { files: disk.files, boot: 'aaaaaaaaaaaa', durability })
    const calls: string[] = []
    disk.onCall = (call, path) => void calls.push(`${call} ${path.replace('/data/registry/', '').slice(0, 14)}`)
    const upload = await driver.createUpload('id')
    await upload.append(Buffer.from('hello'))
    await upload.commit(digestOf('hello'))
    const made = ['open create uploads/aaaaaa', 'write uploads/aaaaaa']
    const [synced, link, last] = ['fdatasync uploads/aaaaaa', 'link blobs/sha256/2', 'unlink uploads/aaaaaa']
    const mkdir = 'mkdir blobs/sha256/2'
    const strict = [...made, synced, mkdir, 'fsync blobs/sha256', link, 'fsync blobs/sha256/2', last]
    t.deepEqual(calls, durability === 'relaxed' ? [...made, mkdir, link, last] : strict)
  }
})

function eio(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
}

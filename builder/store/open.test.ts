import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { ownOwner } from '../../shared/cas/owner.ts'
import { openStore } from './open.ts'
import { addImage, folderFor, storeFor } from './testing/fixture.ts'

test('a new folder becomes an OCI layout that only its owner can enter', async (t) => {
  const root = path.join(folderFor(t), 'a', 'b')
  const store = openStore(root)
  t.is(store.root, root)
  const temp = await store.temp('x')
  await temp.release()
  t.is(readFileSync(path.join(root, 'oci-layout'), 'utf8'), '{"imageLayoutVersion":"1.0.0"}')
  t.is(statSync(root).mode & 0o777, 0o700)
})

for (const [title, prepare] of [
  ['missing', () => undefined],
  ['empty', (root: string) => mkdirSync(root)],
  ['but the home of a user', (root: string) => mkdirSync(path.join(root, '.cache'), { recursive: true })],
] as const) {
  test(`a folder that is ${title} is an empty store, and stays as it is until something is written`, async (t) => {
    const root = path.join(folderFor(t), 'root')
    prepare(root)
    const look = (): readonly string[] | undefined => (existsSync(root) ? readdirSync(root) : undefined)
    const before = look()
    const store = openStore(root)
    const of = digestOf('none')
    const lock = await store.lockShared({ reading: true })
    for (const part of [store.images, store.tags, store.containers, store.layers, store.records, store.compressed]) {
      t.deepEqual(part.list(), [])
    }
    t.deepEqual([store.tags.scan().tags, store.containers.scan().containers], [[], []])
    t.is(store.images.get('app:1') ?? store.containers.get('one') ?? store.layers.get(of), undefined)
    t.is(store.records.peek(of) ?? store.blobs.stat(of) ?? store.listings.get(of), undefined)
    t.is(store.usage().total, 0)
    t.false(await store.tags.remove('docker.io/library/app:1'))
    t.false((await store.images.remove(of)) || (await store.containers.remove('one')))
    t.like(await store.collectGarbage({ keepRecords: false }), { blobs: 0, bytes: 0 })
    lock.release()
    t.deepEqual(look(), before)
    const image = await addImage(store, 'layer', 'app:1')
    t.is(openStore(root).images.get('app:1')?.manifestDigest, image.manifestDigest)
  })
}

test('what others make of a missing folder is seen, and respected', async (t) => {
  const [ours, foreign] = [path.join(folderFor(t), 'root'), path.join(folderFor(t), 'root')]
  const [early, late] = [openStore(ours), openStore(foreign)]
  await addImage(openStore(ours), 'layer', 'app:1')
  t.is(early.images.list().length, 1)
  const lock = await early.lockShared({ reading: true })
  t.is(readdirSync(path.join(ours, 'locks', 'store')).length, 1)
  lock.release()
  mkdirSync(foreign)
  writeFileSync(path.join(foreign, 'notes.txt'), '')
  await t.throwsAsync(late.lockShared(), { code: 'STORE_INVALID', message: /it holds "notes.txt"/ })
  await t.throwsAsync(late.temp('x'), { code: 'STORE_INVALID' })
  t.deepEqual(readdirSync(foreign), ['notes.txt'])
})

test('a relative root is made absolute', (t) => {
  const root = path.join(folderFor(t), 'x')
  t.is(openStore(path.relative(process.cwd(), root)).root, root)
})

test('opening again finds what was stored', async (t) => {
  const store = storeFor(t)
  const { manifestDigest } = await addImage(store, 'layer', 'app:1')
  t.is(openStore(store.root).images.get('app:1')?.manifestDigest, manifestDigest)
})

const foreign: readonly [string, (root: string) => void, RegExp][] = [
  ['a folder with something else', (root) => writeFileSync(path.join(root, 'notes.txt'), ''), /it holds "notes.txt"/],
  [
    'an OCI layout made by another tool',
    (root) => {
      writeFileSync(path.join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
      writeFileSync(path.join(root, 'index.json'), '{}')
    },
    /it holds "index.json"/,
  ],
  ['a newer format', (root) => writeFileSync(path.join(root, 'ibuild-store.json'), '{"format":2}'), /store format 2/],
  ['a damaged format file', (root) => writeFileSync(path.join(root, 'ibuild-store.json'), '{"for'), /is not JSON/],
  ['an empty format file', (root) => writeFileSync(path.join(root, 'ibuild-store.json'), ''), /is not JSON/],
  [
    'a format that is no number',
    (root) => writeFileSync(path.join(root, 'ibuild-store.json'), '{"format":"1"}'),
    /no format number/,
  ],
]
for (const [title, prepare, message] of foreign) {
  test(`refused and left alone: ${title}`, (t) => {
    const root = folderFor(t)
    prepare(root)
    const before = readdirSync(root)
    t.throws(() => openStore(root), { code: 'STORE_INVALID', message })
    t.deepEqual(readdirSync(root), before)
  })
}

test('refused: a file', (t) => {
  const file = path.join(folderFor(t), 'file')
  writeFileSync(file, 'x')
  t.throws(() => openStore(file), { code: 'STORE_INVALID' })
  t.is(readFileSync(file, 'utf8'), 'x')
})

test('a folder in which servers work, or collections are remembered, can be the data folder of builds too', (t) => {
  const root = folderFor(t)
  for (const name of ['registry', 'notary', 'trust']) mkdirSync(path.join(root, name))
  t.notThrows(() => openStore(root))
})

test('a folder that was half made is completed by who writes, and cleared', async (t) => {
  const root = folderFor(t)
  const dead = path.join(root, 'tmp', ownOwner().replace(/-\d+-/, '-1-'))
  mkdirSync(dead, { recursive: true })
  mkdirSync(path.join(root, 'blobs'))
  const store = openStore(root)
  t.deepEqual(store.images.list(), [])
  await addImage(store, 'layer', 'app:1')
  t.is(store.images.list().length, 1)
  t.deepEqual(readdirSync(path.join(root, 'tmp')), [ownOwner()])
})

test('work in progress of dead processes is cleared, that of living ones stays', async (t) => {
  const store = storeFor(t)
  const mine = await store.temp('mine')
  const dead = path.join(store.root, 'tmp', ownOwner().replace(/-\d+-/, '-1-'))
  mkdirSync(path.join(dead, 'layer-0', 'deep'), { recursive: true })
  writeFileSync(path.join(dead, 'layer-0', 'deep', 'file'), 'x')
  mkdirSync(path.join(store.root, 'tmp', 'no process name'))
  openStore(store.root)
  t.deepEqual(readdirSync(path.join(store.root, 'tmp')), [ownOwner()])
  writeFileSync(path.join(mine.dir, 'x'), '')
  await mine.release()
  t.deepEqual(
    readdirSync(path.join(store.root, 'tmp', ownOwner())).filter((name) => name.startsWith('mine')),
    [],
  )
})

test('temporary folders are empty and never the same', async (t) => {
  const store = storeFor(t)
  const folders = await Promise.all(Array.from({ length: 20 }, async () => store.temp('a')))
  t.is(new Set(folders.map((folder) => folder.dir)).size, 20)
  for (const folder of folders) t.deepEqual(readdirSync(folder.dir), [])
  rmSync(folders[0]?.dir ?? '', { recursive: true })
  await t.notThrowsAsync(async () => folders[0]?.release(), 'a folder that was moved away can be released')
})

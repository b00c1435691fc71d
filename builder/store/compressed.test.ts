import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { openStore } from './open.ts'
import { addImage, addTarLayer, storeFor } from './testing/fixture.ts'
import type { CompressedLayer, Store } from './types.ts'

/** A layer that an image has, with an entry for a copy. */
async function withCopy(store: Store): Promise<CompressedLayer> {
  const { config } = await addImage(store, 'app', 'app:1')
  const diffID = config.rootfs.diff_ids[0]
  if (diffID === undefined) throw new Error('the image has no layer')
  const { digest, size } = await store.blobs.put(Buffer.from('the layer, compressed'))
  const entry = { diffID, format: 'gzip', level: 6, digest, size } as const
  await store.compressed.put(entry)
  return entry
}

const fileIn = (store: Store): string => {
  const folder = path.join(store.root, 'compressed')
  const names = readdirSync(folder)
  if (names.length !== 1) throw new Error(`${names.length} entries`)
  return path.join(folder, names[0] ?? '')
}

test('a copy is found by layer, format and level, also by the next process', async (t) => {
  const store = storeFor(t)
  const entry = await withCopy(store)
  t.deepEqual(store.compressed.get(entry), entry)
  t.deepEqual(openStore(store.root).compressed.get(entry), entry)
  t.is(store.compressed.get({ ...entry, level: 7 }), undefined)
  t.is(store.compressed.get({ ...entry, format: 'zstd' }), undefined)
  t.is(store.compressed.get({ ...entry, diffID: entry.digest }), undefined)
  store.compressed.remove(entry)
  t.is(store.compressed.get(entry), undefined)
})

const damages: [title: string, damage: (file: string, text: string) => void][] = [
  ['cut off', (file, text) => writeFileSync(file, text.slice(0, -5))],
  ['empty', (file) => writeFileSync(file, '')],
  ['under another name', (file, text) => writeFileSync(file, text.replace('gzip-6', 'gzip-5'))],
  ['of another size', (file, text) => writeFileSync(file, text.replace(/"size":\d+/, '"size":3'))],
  ['with no digest', (file, text) => writeFileSync(file, text.replace('sha256:', 'sha257:'))],
]
for (const [title, damage] of damages) {
  test(`an entry that is ${title} is a miss, and goes with the garbage`, async (t) => {
    const store = storeFor(t)
    const entry = await withCopy(store)
    const file = fileIn(store)
    damage(file, readFileSync(file, 'utf8'))
    t.is(store.compressed.get(entry), undefined)
    await store.collectGarbage()
    t.deepEqual(readdirSync(path.dirname(file)), [])
    t.false(store.blobs.has(entry.digest))
  })
}

test('a copy whose blob is gone is a miss', async (t) => {
  const store = storeFor(t)
  const entry = await withCopy(store)
  store.blobs.remove(entry.digest)
  t.is(store.compressed.get(entry), undefined)
})

test('a copy stays with its layer until the cache is dropped', async (t) => {
  const store = storeFor(t)
  const entry = await withCopy(store)
  await store.collectGarbage()
  t.deepEqual(store.compressed.get(entry), entry)
  t.is((await store.collectGarbage({ keepRecords: false })).blobs, 1)
  t.is(store.compressed.get(entry), undefined)
  t.not(store.images.get('app:1'), undefined)
})

test('it can be dropped or kept alone', async (t) => {
  const store = storeFor(t)
  const entry = await withCopy(store)
  await store.collectGarbage({ keepRecords: false, keepCompressed: true })
  t.deepEqual(store.compressed.get(entry), entry)
  await store.collectGarbage({ keepCompressed: false })
  t.is(store.compressed.get(entry), undefined)
})

test('a copy goes with its layer', async (t) => {
  const store = storeFor(t)
  const entry = await withCopy(store)
  await addTarLayer(store, 'another')
  const [image] = store.images.list()
  if (image !== undefined) await store.images.remove(image.manifestDigest)
  await store.collectGarbage()
  t.false(store.blobs.has(entry.digest))
  t.deepEqual(readdirSync(path.join(store.root, 'compressed')), [])
})

test('a data folder without the folder of the table is as good', async (t) => {
  const store = storeFor(t)
  rmSync(path.join(store.root, 'compressed'), { recursive: true })
  await store.collectGarbage()
  const entry = await withCopy(store)
  t.deepEqual(openStore(store.root).compressed.get(entry), entry)
})

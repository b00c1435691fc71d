import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { addImage, addSnapshotLayer, addTarLayer, storeFor } from './testing/fixture.ts'
import type { GarbageItem, Store } from './types.ts'

const hour = 3_600_000

async function remember(store: Store, step: string, layer: Digest | undefined, usedAt = Date.now()): Promise<Digest> {
  const key = digestOf(`key of ${step}`)
  await store.records.put(key, {
    version: 1,
    step,
    parts: [],
    created: 1,
    ...(layer !== undefined && { diffID: layer }),
  })
  utimesSync(recordFile(store, key), usedAt / 1000, usedAt / 1000)
  return key
}

function recordFile(store: Store, key: Digest): string {
  return path.join(store.root, 'records', hexOf(key).slice(0, 2), hexOf(key))
}

test('a use is noted when the last one is an hour old, not each time and not by a peek', async (t) => {
  const store = storeFor(t)
  const then = Date.now() - 2 * hour
  const key = await remember(store, 'RUN x', undefined, then)
  const usedAt = (): number => store.records.peek(key)?.usedAt ?? 0
  t.true(Math.abs(usedAt() - then) < 1000)
  store.records.peek(key)
  t.true(Math.abs(usedAt() - then) < 1000)
  store.records.get(key)
  t.true(Date.now() - usedAt() < hour)
  const recent = Date.now() - hour / 2
  utimesSync(recordFile(store, key), recent / 1000, recent / 1000)
  store.records.get(key)
  t.true(Math.abs(usedAt() - recent) < 1000)
})

test('a function chooses the records that stay; layers of the others go', async (t) => {
  const store = storeFor(t)
  const [old, fresh] = [await addTarLayer(store, 'old'), await addTarLayer(store, 'fresh')]
  const [oldKey, freshKey] = [await remember(store, 'old', old.diffID, 1), await remember(store, 'fresh', fresh.diffID)]
  const { records, layers } = await store.collectGarbage({ keepRecords: ({ usedAt }) => usedAt > Date.now() - hour })
  t.deepEqual([records, layers], [1, 1])
  t.deepEqual(
    [oldKey, freshKey].map((key) => store.records.peek(key)?.record.step),
    [undefined, 'fresh'],
  )
  t.deepEqual(store.layers.list(), [fresh.diffID])
})

test('a record counts as used when another one led to its layer', async (t) => {
  const store = storeFor(t)
  const layer = await addTarLayer(store, 'layer')
  await remember(store, 'step', layer.diffID)
  const content = await remember(store, 'content', layer.diffID, 1)
  const { records } = await store.collectGarbage({ keepRecords: ({ usedAt }) => usedAt > Date.now() - hour })
  t.is(records, 0)
  t.true(store.records.isThere(content))
})

test('a function chooses among images without a name only', async (t) => {
  const store = storeFor(t)
  const named = await addImage(store, 'named', 'app:1')
  const [one, two] = [await addImage(store, 'one'), await addImage(store, 'two')]
  const asked: Digest[] = []
  const keepUnnamed = ({ imageID }: { readonly imageID: Digest }): boolean => {
    asked.push(imageID)
    return imageID === one.imageID
  }
  const { images, layers } = await store.collectGarbage({ keepUnnamed })
  t.deepEqual([images, layers], [1, 1])
  t.deepEqual(asked.sort(), [one.imageID, two.imageID].sort())
  t.deepEqual(
    store.images
      .list()
      .map(({ imageID }) => imageID)
      .sort(),
    [named.imageID, one.imageID].sort(),
  )
})

test('a dry run tells what the next run takes, and takes nothing; it does not wait', async (t) => {
  const store = storeFor(t)
  await addImage(store, 'kept', 'app:1')
  await addImage(store, 'unnamed')
  const { diffID } = await addSnapshotLayer(store, 'cached')
  await remember(store, 'RUN x', diffID)
  await addTarLayer(store, 'unused')
  const options = { keepUnnamed: false, keepRecords: false } as const
  const lists: GarbageItem[][] = [[], []]
  const lock = await store.lockShared()
  const dry = await store.collectGarbage({ ...options, dryRun: true, onItem: (item) => lists[0]?.push(item) })
  t.is(store.layers.list().length, 4)
  t.is(store.images.list().length, 2)
  t.is(store.records.list().length, 1)
  lock.release()
  const real = await store.collectGarbage({ ...options, onItem: (item) => lists[1]?.push(item) })
  t.deepEqual(dry, real)
  t.deepEqual(lists[0], lists[1])
  t.deepEqual([real.images, real.layers, real.snapshots, real.blobs, real.records], [1, 3, 1, 3, 1])
  t.is(lists[1]?.find(({ kind }) => kind === 'record')?.step, 'RUN x')
})

test('under a cap the layers used longest ago go, never those of images', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'i'.repeat(5000), 'app:1')
  await remember(store, 'image', image.config.rootfs.diff_ids[0], 1)
  const layers = []
  for (const [i, text] of ['a', 'b', 'c'].entries()) {
    const { diffID } = await (i === 1 ? addSnapshotLayer : addTarLayer)(store, text.repeat(10_000))
    await remember(store, text, diffID, Date.now() - (3 - i) * hour)
    layers.push(diffID)
  }
  const { left } = await store.collectGarbage({ maxBytes: Number.MAX_SAFE_INTEGER })
  t.true(left > 35_000)
  t.is(store.layers.list().length, 4)

  const first = await store.collectGarbage({ maxBytes: left - 1 })
  t.true(first.left <= left - 1)
  t.deepEqual(
    layers.map((diffID) => store.layers.get(diffID) !== undefined),
    [false, true, true],
  )
  const second = await store.collectGarbage({ maxBytes: 35_000 })
  t.true(second.left <= 35_000)
  t.deepEqual(
    layers.map((diffID) => store.layers.get(diffID) !== undefined),
    [false, false, true],
  )
  const last = await store.collectGarbage({ maxBytes: 0 })
  t.true(last.left > 5000)
  t.deepEqual(store.layers.list(), image.config.rootfs.diff_ids)
  t.is(store.records.list().length, 1)
})

test('extracted copies go when asked, the only copy of a layer stays', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'base', 'app:1')
  const [base] = image.config.rootfs.diff_ids
  if (base === undefined) return t.fail()
  const pending = store.snapshots.create()
  writeFileSync(path.join(pending.dir, 'file'), 'extracted')
  const { dir } = await pending.commit(base, base)
  const only = await addSnapshotLayer(store, 'only copy', base)
  await remember(store, 'RUN x', only.diffID)
  t.is((await store.collectGarbage()).snapshots, 0)
  t.is((await store.collectGarbage({ keepExtracted: false })).snapshots, 1)
  t.false(existsSync(dir))
  t.is(store.snapshots.get(base), undefined)
  t.not(store.layers.get(only.diffID), undefined)
  t.not(store.layers.get(base), undefined)
})

test('a record that is damaged goes', async (t) => {
  const store = storeFor(t)
  const key = await remember(store, 'RUN x', undefined)
  writeFileSync(recordFile(store, key), 'damaged')
  t.is((await store.collectGarbage()).records, 1)
  t.false(existsSync(recordFile(store, key)))
})

test('a damaged image with a name stops the collection, and says how to go on; one without goes', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'image', 'app:1')
  await addTarLayer(store, 'unused')
  writeFileSync(store.blobs.path(image.imageID), '{}')
  const error = await t.throwsAsync(store.collectGarbage({ keepUnnamed: false, keepRecords: false }), {
    code: 'STORE_INVALID',
    message: /docker\.io\/library\/app:1.* is damaged/,
  })
  t.regex(String(Reflect.get(error, 'hint')), /ibuild rmi docker\.io\/library\/app:1/)
  t.is(store.layers.list().length, 2)
  await store.tags.remove('docker.io/library/app:1')
  await t.throwsAsync(store.collectGarbage({ keepUnnamed: ({ config }) => config.os === 'linux' }), {
    code: 'STORE_INVALID',
  })
  t.is((await store.collectGarbage({ keepUnnamed: false })).images, 1)
  t.deepEqual([store.layers.list(), store.blobs.list()], [[], []])
})

test('hashes of contexts go with the build cache, what was half-written goes always', async (t) => {
  const store = storeFor(t)
  const folder = path.join(store.root, 'context')
  const [hashes, stray] = [path.join(folder, hexOf(digestOf('/a/context'))), path.join(folder, 'half.tmp')]
  mkdirSync(folder)
  for (const file of [hashes, stray]) writeFileSync(file, 'hashes')
  const { left, bytes } = await store.collectGarbage()
  t.deepEqual([left, bytes, existsSync(hashes), existsSync(stray)], [6, 0, true, false])
  t.deepEqual(store.usage().cache, { count: 0, bytes: 6 })
  const items: GarbageItem[] = []
  const dropped = await store.collectGarbage({ keepRecords: false, onItem: (item) => items.push(item) })
  t.deepEqual([dropped.left, dropped.bytes, existsSync(hashes)], [0, 6, false])
  t.deepEqual(items, [{ kind: 'hashes', id: digestOf('/a/context'), bytes: 6 }])
})

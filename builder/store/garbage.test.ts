import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import { chainIDs } from '../../shared/oci/chain-id.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { addImage, addSnapshotLayer, addTarLayer, pretendReboot, storeFor } from './testing/fixture.ts'
import type { GarbageReport, Store, StoredImage } from './types.ts'

/** An image of a tar layer, extracted, and a snapshot layer on top. */
async function stacked(store: Store, text: string): Promise<StoredImage> {
  const base = await addTarLayer(store, `${text} base`)
  const pending = store.snapshots.create()
  writeFileSync(path.join(pending.dir, 'file'), text)
  await pending.commit(base.diffID, base.diffID)
  const top = await addSnapshotLayer(store, `${text} top`, base.diffID)
  const { manifest, config } = makeImage([base, top])
  return store.images.put(manifest, config)
}

function isWhole(store: Store, image: StoredImage): boolean {
  const diffIDs = image.config.rootfs.diff_ids
  const chains = chainIDs(diffIDs)
  return diffIDs.every((id) => store.layers.get(id)) && chains.every((id) => store.snapshots.get(id))
}

const nothing = { images: 0, layers: 0, snapshots: 0, blobs: 0, records: 0, bytes: 0 }

/** What went, without what stays. */
function removed({ left: _left, ...report }: GarbageReport): Omit<GarbageReport, 'left'> {
  return report
}

test('what an image needs stays, tagged or not', async (t) => {
  const store = storeFor(t)
  const [tagged, untagged] = [await stacked(store, 'tagged'), await stacked(store, 'untagged')]
  await store.tags.set('docker.io/library/app:1', tagged.manifestDigest)
  t.deepEqual(removed(await store.collectGarbage({ keepRecords: false })), nothing)
  t.true(isWhole(store, tagged) && isWhole(store, untagged))
})

test('an image without a name goes only when that is asked for', async (t) => {
  const store = storeFor(t)
  const [tagged, untagged] = [await stacked(store, 'tagged'), await stacked(store, 'untagged')]
  await store.tags.set('docker.io/library/app:1', tagged.manifestDigest)
  const { images, layers } = await store.collectGarbage({ keepUnnamed: false })
  t.deepEqual({ images, layers }, { images: 1, layers: 2 })
  t.is(store.images.get(untagged.manifestDigest), undefined)
  t.true(isWhole(store, tagged))
})

test('locks of steps do not pile up', async (t) => {
  const store = storeFor(t)
  const lock = await lockExclusive(path.join(store.root, 'locks/steps/a'))
  lock.release()
  await store.collectGarbage()
  t.false(existsSync(path.join(store.root, 'locks/steps')))
})

test('what no image needs goes', async (t) => {
  const store = storeFor(t)
  const [kept, gone] = [await stacked(store, 'kept'), await stacked(store, 'gone')]
  await store.images.remove(gone.manifestDigest)
  const report = await store.collectGarbage()
  t.deepEqual({ ...removed(report), bytes: 0 }, { images: 0, layers: 2, snapshots: 2, blobs: 3, records: 0, bytes: 0 })
  t.true(report.bytes > 0)
  t.true(isWhole(store, kept))
  const left = ['layers', 's'].map((name) => readdirSync(path.join(store.root, name)).length)
  t.deepEqual([...left, store.blobs.list().length], [2, 2, 3])
  t.deepEqual(removed(await store.collectGarbage()), nothing)
})

test('a cache record keeps its layer and the snapshots of it, until records are dropped', async (t) => {
  const store = storeFor(t)
  await addImage(store, 'image', 'app:1')
  const { diffID } = await addSnapshotLayer(store, 'cached', digestOf('parent'))
  const key = digestOf('key')
  await store.records.put(key, { version: 1, step: 'RUN x', parts: [], diffID, created: 1 })
  t.deepEqual(removed(await store.collectGarbage()), nothing)
  t.not(store.layers.get(diffID), undefined)
  const report = await store.collectGarbage({ keepRecords: false })
  t.deepEqual({ ...removed(report), bytes: 0 }, { images: 0, layers: 1, snapshots: 1, blobs: 0, records: 1, bytes: 0 })
  t.is(store.records.get(key), undefined)
  t.deepEqual(store.records.list(), [])
  t.not(store.images.get('app:1'), undefined)
})

test('what an earlier boot left unsynced goes, even when a record names it', async (t) => {
  const store = storeFor(t)
  const image = await stacked(store, 'durable')
  const { diffID } = await addSnapshotLayer(store, 'lost')
  await store.records.put(digestOf('key'), { version: 1, step: 'RUN x', parts: [], diffID, created: 1 })
  pretendReboot(store)
  const report = await store.collectGarbage()
  t.is(report.layers, 1)
  t.deepEqual(store.layers.list().length, 2)
  t.true(image.config.rootfs.diff_ids.every((id) => store.layers.get(id)))
})

test('folders and flags that nothing names go', async (t) => {
  const store = storeFor(t)
  await stacked(store, 'kept')
  mkdirSync(path.join(store.root, 's', 'orphan00', 'deep'), { recursive: true })
  writeFileSync(path.join(store.root, 'snapshots', `${'a'.repeat(64)}.orphan00`), '')
  writeFileSync(path.join(store.root, 'snapshots', 'b'.repeat(64)), 'damaged')
  t.is((await store.collectGarbage()).snapshots, 1)
  t.false(existsSync(path.join(store.root, 's', 'orphan00')))
  t.is(readdirSync(path.join(store.root, 'snapshots')).filter((name) => /^[ab]{64}/.test(name)).length, 0)
})

test('a damaged image stops the collection instead of losing its layers', async (t) => {
  const store = storeFor(t)
  const image = await stacked(store, 'image')
  await addTarLayer(store, 'unused')
  writeFileSync(store.blobs.path(image.imageID), '{}')
  await t.throwsAsync(store.collectGarbage(), { code: 'STORE_INVALID' })
  t.is(store.layers.list().length, 3)
})

test('it waits for those who hold the shared lock, and they for it', async (t) => {
  const store = storeFor(t)
  const { diffID } = await addTarLayer(store, 'in use by a build')
  const [lock, second] = [await store.lockShared(), await store.lockShared()]
  const events: string[] = []
  const collected = store.collectGarbage({ onWait: () => events.push('waits') }).then(() => events.push('collected'))
  await t.throwsAsync(store.collectGarbage({ signal: AbortSignal.timeout(50) }))
  const third = await store.lockShared()
  t.not(store.layers.get(diffID), undefined, 'a process that holds the lock may take it again while another waits')
  for (const held of [lock, second, third]) held.release()
  await collected
  t.deepEqual(events, ['waits', 'collected'])
  t.is(store.layers.get(diffID), undefined)
})

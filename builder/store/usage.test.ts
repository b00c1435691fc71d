import { writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { addImage, addSnapshotLayer, addTarLayer, storeFor } from './testing/fixture.ts'
import type { Store, StoreUsage } from './types.ts'

/** What of the whole each part has: the sum of the parts is the total. */
function checkSum({ total, ...parts }: StoreUsage): boolean {
  return Object.values(parts).reduce((sum, { bytes }) => sum + bytes, 0) === total
}

/** The index that the fixture writes for a layer of that text. */
const indexOf = (text: string): number => `index of ${text}`.length

async function remember(store: Store, step: string, text: string): Promise<void> {
  const record = { version: 1, step, parts: [], created: 1, diffID: digestOf(text) } as const
  await store.records.put(digestOf(step), record)
}

test('an empty store takes nothing', (t) => {
  const usage = storeFor(t).usage()
  t.is(usage.total, 0)
  t.true(checkSum(usage))
})

test('each byte is counted once, for the first that needs it', async (t) => {
  const store = storeFor(t)
  const [base, cached, unused, kept] = ['base'.repeat(100), 'cached'.repeat(50), 'unused'.repeat(20), 'kept'.repeat(30)]
  const image = await addImage(store, base, 'app:1')
  const [diffID] = image.config.rootfs.diff_ids
  if (diffID === undefined) return t.fail()
  await remember(store, 'COPY', base)
  await addSnapshotLayer(store, cached, diffID)
  await remember(store, 'RUN', cached)
  await addTarLayer(store, unused)
  const pending = store.snapshots.create()
  writeFileSync(path.join(pending.dir, 'file'), 'extracted')
  await pending.commit(diffID, diffID)
  const layer = await addSnapshotLayer(store, kept, diffID)
  const { manifestDigest, imageID } = image
  const about = { command: ['sh'], exitCode: 0, created: 0 }
  await store.containers.add({ name: 'one', manifestDigest, imageID, layer: layer.diffID, ...about })
  const copy = await store.blobs.put(Buffer.from('compressed'))
  await store.compressed.put({ diffID, format: 'gzip', level: 6, ...copy })
  await store.blobs.put(Buffer.from('stray'))

  const usage = store.usage()
  const documents = image.manifestBytes.length + image.configBytes.length
  const records = store.records.list().reduce((sum, key) => sum + (store.records.peek(key)?.bytes ?? 0), 0)
  t.deepEqual(usage.images, { count: 1, bytes: base.length + indexOf(base) + documents })
  t.deepEqual(usage.containers, { count: 1, bytes: kept.length + indexOf(kept) })
  t.deepEqual(usage.cache, { count: 2, bytes: cached.length + indexOf(cached) + records })
  t.deepEqual(usage.compressed, { count: 1, bytes: 10 })
  t.deepEqual(usage.extracted, { count: 1, bytes: base.length })
  t.deepEqual(usage.garbage, { count: 2, bytes: unused.length + indexOf(unused) + 5 })
  t.true(checkSum(usage))
  t.is((await store.collectGarbage({ dryRun: true })).bytes, usage.garbage.bytes)
  t.is((await store.collectGarbage()).left, usage.total - usage.garbage.bytes)
})

test('a damaged image makes it unknown what is needed', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a', 'app:1')
  writeFileSync(store.blobs.path(image.imageID), '{}')
  t.throws(() => store.usage(), { code: 'STORE_INVALID', message: /app:1.* is damaged/ })
})

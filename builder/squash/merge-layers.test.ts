import { statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Digest } from '../../shared/base/digest.ts'
import { encodeLayerIndex, openLayerIndex } from '../layers/layer-index.ts'
import { writeLayer } from '../layers/layer-writer.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { storeFor } from '../store/testing/fixture.ts'
import type { Store } from '../store/types.ts'
import { mergeLayers } from './merge-layers.ts'

/** Stores a layer of one file for each name. */
async function addLayer(store: Store, ...names: readonly string[]): Promise<Digest> {
  const folder = await store.temp('test')
  const tarFile = join(folder.dir, 'tar')
  const content = Buffer.from(names.join())
  const members = names.map((name) => ({ entry: blankEntry(name, 'file', { size: content.length }), content }))
  const { diffID, size, entries } = await writeLayer(members, tarFile, { sync: false })
  await store.layers.commitTar({ diffID, size, tarFile, index: encodeLayerIndex(entries) })
  await folder.release()
  return diffID
}

function pathsOf(store: Store, diffID: Digest): string[] {
  const { indexFile } = store.layers.get(diffID) ?? { indexFile: '' }
  return [...openLayerIndex(indexFile).entries()].map(({ path }) => path)
}

test('a range of stored layers becomes a stored layer, and the same again costs nothing', async (t) => {
  const store = storeFor(t)
  const stack = [await addLayer(store, 'a'), await addLayer(store, 'b', 'c'), await addLayer(store, 'c', 'd')]
  const merged = await mergeLayers(store, stack, { from: 1, to: 3 })
  t.deepEqual(pathsOf(store, merged), ['b', 'c', 'd'])
  const made = statSync(store.layers.get(merged)?.indexFile ?? '').ctimeMs
  const records = store.records.list().length
  t.is(await mergeLayers(store, stack, { from: 1, to: 3 }), merged)
  t.is(store.records.list().length, records)
  t.is(statSync(store.layers.get(merged)?.indexFile ?? '').ctimeMs, made)
})

test('a remembered merge whose layer is gone is made again', async (t) => {
  const store = storeFor(t)
  const stack = [await addLayer(store, 'a'), await addLayer(store, 'b')]
  const wrong = await addLayer(store, 'wrong')
  const merged = await mergeLayers(store, stack, { from: 0, to: 2 })
  const [key] = store.records.list()
  const record = key && store.records.get(key)
  if (key === undefined || record === undefined) return t.fail('the merge is remembered')
  await store.records.put(key, { ...record, diffID: wrong })
  t.is(await mergeLayers(store, stack, { from: 0, to: 2 }), wrong, 'the record is what is asked')
  await store.records.put(key, { ...record, diffID: `sha256:${'0'.repeat(64)}` as Digest })
  t.is(await mergeLayers(store, stack, { from: 0, to: 2 }), merged)
})

test('the same layers on another stack are merged for themselves', async (t) => {
  const store = storeFor(t)
  const [one, two, other] = [await addLayer(store, 'a'), await addLayer(store, 'b'), await addLayer(store, 'z')]
  await mergeLayers(store, [one, two], { from: 0, to: 2 })
  await mergeLayers(store, [other, one, two], { from: 1, to: 3 })
  t.is(store.records.list().length, 2)
})

test('one layer is left as it is; none is an error', async (t) => {
  const store = storeFor(t)
  const stack = [await addLayer(store, 'a')]
  t.deepEqual([await mergeLayers(store, stack, { from: 0, to: 1 })], stack)
  t.deepEqual(store.records.list(), [])
  await t.throwsAsync(mergeLayers(store, stack, { from: 1, to: 2 }), { instanceOf: RangeError })
})

test('an aborted merge leaves nothing behind', async (t) => {
  const store = storeFor(t)
  const stack = [await addLayer(store, 'a'), await addLayer(store, 'b')]
  const reason = new Error('enough')
  const error = await t.throwsAsync(mergeLayers(store, stack, { from: 0, to: 2, signal: AbortSignal.abort(reason) }))
  t.is(error, reason)
  t.deepEqual([store.records.list(), store.layers.list().length], [[], 2])
})

test('a layer that is not there is an error that says so', async (t) => {
  const store = storeFor(t)
  const stack = [await addLayer(store, 'a'), `sha256:${'1'.repeat(64)}` as Digest]
  await t.throwsAsync(mergeLayers(store, stack, { from: 0, to: 2 }), { code: 'LAYER_INVALID' })
})

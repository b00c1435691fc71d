import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { nextChainID } from '../../shared/oci/chain-id.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { openStore } from './open.ts'
import { addSnapshotLayer, addTarLayer, pretendReboot, storeFor } from './testing/fixture.ts'
import type { Store } from './types.ts'

function flagOf(store: Store, text: string): string {
  return path.join(store.root, 'layers', hexOf(digestOf(text)), 'durable')
}

test('a tar layer comes back with its index and bytes', async (t) => {
  const store = storeFor(t)
  const layer = await addTarLayer(store, 'hello')
  t.deepEqual(store.layers.get(digestOf('hello')), layer)
  t.is(layer.size, 5)
  t.is(readFileSync(layer.indexFile, 'utf8'), 'index of hello')
  t.is(layer.bytes.kind === 'tar' && readFileSync(layer.bytes.file, 'utf8'), 'hello')
  t.is(store.layers.get(digestOf('other')), undefined)
  t.deepEqual(store.layers.list(), [layer.diffID])
})

test('a snapshot layer is also the snapshot of its chain', async (t) => {
  const store = storeFor(t)
  const parent = digestOf('parent')
  const layer = await addSnapshotLayer(store, 'hello', parent)
  const chainID = nextChainID(parent, layer.diffID)
  const dir = store.snapshots.get(chainID)?.dir
  t.deepEqual(layer.bytes, { kind: 'snapshot', dir: dir ?? '', chainID })
  t.is(readFileSync(path.join(dir ?? '', 'file'), 'utf8'), 'hello')
  t.true((dir ?? '').length <= store.root.length + '/s/12345678'.length, 'short enough for 127 of them in one page')
})

test('a layer that is there is kept, whatever form comes again', async (t) => {
  const store = storeFor(t)
  const tar = await addTarLayer(store, 'one')
  const inode = statSync(tar.indexFile).ino
  t.deepEqual(await addTarLayer(store, 'one'), tar)
  t.deepEqual((await addSnapshotLayer(store, 'one')).bytes, tar.bytes)
  t.not(store.snapshots.get(digestOf('one')), undefined, 'the folder is a snapshot nevertheless')
  t.is(statSync(tar.indexFile).ino, inode)
  const snapshot = await addSnapshotLayer(store, 'two')
  t.deepEqual(await addTarLayer(store, 'two'), snapshot)
})

test('one diff on two parents is one layer and two snapshots', async (t) => {
  const store = storeFor(t)
  const first = await addSnapshotLayer(store, 'diff', digestOf('a'))
  const second = await addSnapshotLayer(store, 'diff', digestOf('b'))
  t.deepEqual(second, first)
  const dirs = ['a', 'b'].map((parent) => store.snapshots.get(nextChainID(digestOf(parent), digestOf('diff')))?.dir)
  t.is(new Set(dirs).size, 2)
})

test('files that were taken in are gone from where they were', async (t) => {
  const store = storeFor(t)
  const temp = await store.temp('x')
  const make = (): { diffID: ReturnType<typeof digestOf>; size: number; tarFile: string; index: Buffer } => {
    const tarFile = path.join(temp.dir, 'tar')
    writeFileSync(tarFile, 'x')
    return { diffID: digestOf('x'), size: 1, tarFile, index: Buffer.alloc(0) }
  }
  await store.layers.commitTar(make())
  await store.layers.commitTar(make())
  const dir = path.join(temp.dir, 'upper')
  for (let i = 0; i < 2; i++) {
    mkdirSync(dir)
    writeFileSync(path.join(dir, 'file'), '')
    await store.layers.commitSnapshot({ ...make(), dir, chainID: digestOf('x') })
    rmSync(path.join(temp.dir, 'tar'))
  }
  t.deepEqual(readdirSync(temp.dir), [])
})

test('a layer in use by nobody is not synced; an image syncs its own', async (t) => {
  const store = storeFor(t)
  const used = [await addTarLayer(store, 'tar'), await addSnapshotLayer(store, 'snapshot', digestOf('tar'))]
  await addTarLayer(store, 'unused')
  t.false(existsSync(flagOf(store, 'tar')))
  const { manifest, config } = makeImage(used)
  await store.images.put(manifest, config)
  t.deepEqual(
    ['tar', 'snapshot', 'unused'].map((text) => existsSync(flagOf(store, text))),
    [true, true, false],
  )
  t.true(store.blobs.has(digestOf('tar')), 'a durable tar is a blob of the OCI layout')
  t.is(statSync(store.blobs.path(digestOf('tar'))).nlink, 2, 'and takes no space twice')
  await store.sync()
  t.true(existsSync(flagOf(store, 'unused')))
})

test('after a reboot only what was made durable is trusted', async (t) => {
  const store = storeFor(t)
  await addTarLayer(store, 'kept')
  await addSnapshotLayer(store, 'kept too')
  await store.sync()
  await addTarLayer(store, 'lost')
  await addSnapshotLayer(store, 'lost too')
  pretendReboot(store)
  const found = ['kept', 'kept too', 'lost', 'lost too'].map((text) => store.layers.get(digestOf(text)) !== undefined)
  t.deepEqual(found, [true, true, false, false])
  t.is(store.snapshots.get(digestOf('lost too')), undefined)
})

test('what an earlier boot left is replaced, its bytes are not believed', async (t) => {
  const store = storeFor(t)
  const tar = await addTarLayer(store, 'tar')
  const snapshot = await addSnapshotLayer(store, 'snapshot')
  if (tar.bytes.kind === 'tar') writeFileSync(tar.bytes.file, '\0\0\0')
  if (snapshot.bytes.kind === 'snapshot') writeFileSync(path.join(snapshot.bytes.dir, 'file'), '\0')
  pretendReboot(store)
  const again = openStore(store.root)
  const tarAgain = await addTarLayer(again, 'tar')
  const snapshotAgain = await addSnapshotLayer(again, 'snapshot')
  t.is(tarAgain.bytes.kind === 'tar' && readFileSync(tarAgain.bytes.file, 'utf8'), 'tar')
  const dir = snapshotAgain.bytes.kind === 'snapshot' ? snapshotAgain.bytes.dir : ''
  t.is(readFileSync(path.join(dir, 'file'), 'utf8'), 'snapshot')
})

test('a snapshot layer whose folder vanished is no layer, and can be made again', async (t) => {
  const store = storeFor(t)
  const { bytes } = await addSnapshotLayer(store, 'gone')
  rmSync(bytes.kind === 'snapshot' ? bytes.dir : '', { recursive: true })
  t.is(store.layers.get(digestOf('gone')), undefined)
  await addSnapshotLayer(store, 'gone')
  t.not(store.layers.get(digestOf('gone')), undefined)
})

test('a damaged meta file is no layer', async (t) => {
  const store = storeFor(t)
  await addTarLayer(store, 'x')
  const meta = path.join(store.root, 'layers', hexOf(digestOf('x')), 'meta.json')
  for (const content of [
    '',
    '{',
    '{}',
    '[]',
    '{"version":2,"size":1,"boot":"x"}',
    '{"version":1,"size":"1","boot":"x"}',
  ]) {
    writeFileSync(meta, content)
    t.is(store.layers.get(digestOf('x')), undefined, content)
  }
  t.is((await addTarLayer(store, 'x')).size, 1)
})

test('a snapshot with more files than are synced one by one becomes durable too', async (t) => {
  const store = storeFor(t)
  const temp = await store.temp('many')
  const dir = path.join(temp.dir, 'upper')
  for (let i = 0; i < 5; i++) mkdirSync(path.join(dir, `${i}`), { recursive: true })
  for (let i = 0; i < 100; i++) writeFileSync(Buffer.from(`${dir}/${i % 5}/\xff${i}`, 'latin1'), '')
  const diffID = digestOf('many')
  await store.layers.commitSnapshot({ diffID, size: 1, chainID: diffID, dir, index: Buffer.alloc(0) })
  await store.sync()
  pretendReboot(store)
  t.not(store.layers.get(diffID), undefined)
})

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { openStore } from './open.ts'
import type { IndexSource, RemoteLayer } from './remote-types.ts'
import { addTarLayer, storeFor } from './testing/fixture.ts'
import type { Store } from './types.ts'

const text = 'layer elsewhere'
const diffID = digestOf(text)

function layerOf(says: string, source: IndexSource, files: RemoteLayer['files'] = new Map()): RemoteLayer {
  const index = Buffer.from(says)
  return { diffID, size: text.length, index, indexDigest: digestOf(index), source, files }
}

function formOf({ layers }: Store): string {
  const layer = layers.get(diffID)
  if (layer?.bytes.kind !== 'remote') return layer?.bytes.kind ?? 'missing'
  return `${layer.bytes.source} ${readFileSync(layer.indexFile, 'utf8')}`
}

const fileIn = (store: Store, name: string): string => path.join(store.root, 'remote', hexOf(diffID), name)

test('a layer of which only the index is here has all but its bytes', async (t) => {
  const store = storeFor(t)
  const files = new Map([['etc/passwd', Buffer.from([0, 255])]])
  const layer = await store.layers.commitRemote(layerOf('index', 'published', files))
  t.like(layer, { diffID, size: text.length })
  t.deepEqual(layer.bytes.kind === 'remote' && [...layer.bytes.files()], [...files])
  t.deepEqual(store.layers.list(), [diffID])
  t.is(formOf(openStore(store.root)), 'published index')
  await t.throwsAsync(store.fetchLayers([diffID]), { code: 'LAYER_NOT_HERE' })
})

const orders: readonly [first: IndexSource, second: IndexSource, left: string][] = [
  ['published', 'published', 'published first'],
  ['published', 'read', 'read second'],
  ['read', 'published', 'read first'],
  ['read', 'read', 'read first'],
]
for (const [first, second, left] of orders) {
  test(`an index that is ${first}, then one that is ${second}: what is left is ${left}`, async (t) => {
    const store = storeFor(t)
    await store.layers.commitRemote(layerOf('first', first))
    await store.layers.commitRemote(layerOf('second', second))
    t.is(formOf(store), left)
  })
}

test('bytes go before the index alone, whichever came first; the index goes when they are durable', async (t) => {
  const store = storeFor(t)
  await store.layers.commitRemote(layerOf('index', 'published'))
  await addTarLayer(store, text)
  t.is(formOf(store), 'tar')
  await store.layers.commitRemote(layerOf('other', 'read'))
  t.is(formOf(store), 'tar')
  const { manifest, config } = makeImage([{ diffID, size: text.length }])
  await store.collectGarbage()
  t.is(formOf(store), 'missing', 'nothing needed it')

  await store.layers.commitRemote(layerOf('index', 'published'))
  await store.images.put(manifest, config)
  await addTarLayer(store, text)
  await store.collectGarbage()
  t.true(existsSync(fileIn(store, 'index')), 'the tar may be lost in a power cut')
  await store.sync()
  await store.collectGarbage()
  t.false(existsSync(fileIn(store, 'index')))
  t.is(formOf(store), 'tar')
})

/** As an earlier boot left it. */
function reboot(store: Store): void {
  const meta = JSON.parse(readFileSync(fileIn(store, 'meta.json'), 'utf8')) as object
  writeFileSync(fileIn(store, 'meta.json'), JSON.stringify({ ...meta, boot: 'another' }))
}

test('after a power cut it counts only when it was made durable, and can be made anew', async (t) => {
  const store = storeFor(t)
  await store.layers.commitRemote(layerOf('index', 'read'))
  reboot(store)
  t.is(formOf(store), 'missing')
  await store.layers.commitRemote(layerOf('again', 'published'))
  t.is(formOf(store), 'published again')
  await store.layers.sync([diffID])
  reboot(store)
  t.is(formOf(store), 'published again')
})

test('what is damaged counts as not there; lost contents of files are no harm', async (t) => {
  const store = storeFor(t)
  await store.layers.commitRemote(layerOf('index', 'read', new Map([['a', Buffer.from('b')]])))
  for (const bad of ['', '{', '{"version":1}', '{"version":1,"files":{"a":1}}']) {
    writeFileSync(fileIn(store, 'files.json'), bad)
    const bytes = store.layers.get(diffID)?.bytes
    t.is(bytes?.kind === 'remote' ? bytes.files().size : -1, 0, bad)
  }
  const good = readFileSync(fileIn(store, 'meta.json'), 'utf8')
  for (const bad of [
    '',
    '{}',
    good.replace('read', 'told'),
    good.replace('sha256:', 'md5:'),
    good.replace('"version":1', '"version":9'),
  ]) {
    writeFileSync(fileIn(store, 'meta.json'), bad)
    t.is(formOf(store), 'missing', bad)
  }
  writeFileSync(fileIn(store, 'meta.json'), good)
  t.is(formOf(store), 'read index')
  rmSync(fileIn(store, 'index'))
  t.is(formOf(store), 'missing')
})

test('a data folder from before there were such layers takes them', async (t) => {
  const store = storeFor(t)
  for (const name of ['remote', 'sources']) rmSync(path.join(store.root, name), { recursive: true, force: true })
  const old = openStore(store.root)
  t.deepEqual(old.layers.list(), [])
  await old.collectGarbage()
  await old.layers.commitRemote(layerOf('index', 'read'))
  t.is(formOf(old), 'read index')
})

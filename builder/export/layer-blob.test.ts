import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { collect } from '../layers/tar/testing/archives.ts'
import { addTarLayer, storeFor } from '../store/testing/fixture.ts'
import type { Store } from '../store/types.ts'
import { type LayerBlob, layerBlob } from './layer-blob.ts'

const compression = { format: 'gzip', level: 6 } as const

async function contentOf(blob: LayerBlob): Promise<Buffer> {
  return Buffer.concat(await collect(blob.open()))
}

async function gzipped(store: Store, diffID: Digest): Promise<LayerBlob> {
  return layerBlob(store, diffID, { compression })
}

test('a layer as it is', async (t) => {
  const store = storeFor(t)
  const { diffID, size } = await addTarLayer(store, 'tar')
  const blob = await layerBlob(store, diffID, {})
  t.deepEqual(blob.descriptor, { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: diffID, size })
  t.is(digestOf(await contentOf(blob)), diffID)
  t.deepEqual(store.blobs.list(), [], 'nothing is kept beside the layer')
})

test('a compressed layer is what it was, and is compressed once', async (t) => {
  const store = storeFor(t)
  const { diffID } = await addTarLayer(store, 'text '.repeat(1000))
  const blob = await gzipped(store, diffID)
  const content = await contentOf(blob)
  t.is(digestOf(content), blob.descriptor.digest)
  t.is(content.length, blob.descriptor.size)
  t.is(digestOf(gunzipSync(content)), diffID)
  t.is(blob.descriptor.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip')

  const layer = store.layers.get(diffID)
  if (layer?.bytes.kind === 'tar') writeFileSync(layer.bytes.file, Buffer.alloc(layer.size))
  t.deepEqual((await gzipped(store, diffID)).descriptor, blob.descriptor, 'the layer is not read again')
  await t.throwsAsync(layerBlob(store, diffID, { compression: { format: 'zstd', level: 3 } }), {
    code: 'DIGEST_MISMATCH',
  })
  t.deepEqual(store.blobs.list(), [blob.descriptor.digest], 'nothing is kept of a layer that is damaged')
})

const damages: [title: string, damage: (file: string) => void][] = [
  ['other bytes', (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length))],
  ['one bit that differs', (file) => flip(file)],
  ['less', (file) => truncateSync(file, 20)],
]

function flip(file: string): void {
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  writeFileSync(file, bytes)
}

for (const [title, damage] of damages) {
  test(`a compressed copy with ${title} is found, not used, and made again`, async (t) => {
    const store = storeFor(t)
    const { diffID } = await addTarLayer(store, 'text '.repeat(1000))
    const { descriptor } = await gzipped(store, diffID)
    damage(store.blobs.path(descriptor.digest))
    const again = await gzipped(store, diffID)
    t.deepEqual(again.descriptor, descriptor)
    t.is(digestOf(await contentOf(again)), descriptor.digest)
  })
}

test('a damaged copy of which the table knows nothing is not used either', async (t) => {
  const store = storeFor(t)
  const { diffID } = await addTarLayer(store, 'text '.repeat(1000))
  const { descriptor } = await gzipped(store, diffID)
  store.compressed.remove({ diffID, ...compression })
  flip(store.blobs.path(descriptor.digest))
  t.is(digestOf(await contentOf(await gzipped(store, diffID))), descriptor.digest)
})

test('compressing can be stopped, and leaves nothing', async (t) => {
  const store = storeFor(t)
  const { diffID } = await addTarLayer(store, 'text')
  const signal = AbortSignal.abort(new Error('enough'))
  await t.throwsAsync(layerBlob(store, diffID, { compression, signal }), { message: 'enough' })
  t.deepEqual(store.blobs.list(), [])
  t.is(store.compressed.get({ diffID, ...compression }), undefined)
})

test('a layer that is not there is LAYER_INVALID', async (t) => {
  await t.throwsAsync(gzipped(storeFor(t), digestOf('x')), { code: 'LAYER_INVALID' })
})

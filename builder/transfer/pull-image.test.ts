import { gzipSync } from 'node:zlib'
import test from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { localManifest } from '../store/local-manifest.ts'
import { storeFor } from '../store/testing/fixture.ts'
import { publishImage } from './publish-image.ts'
import { pullImage } from './pull-image.ts'
import { addImage, benchFor, name, otherImage, remoteOf, to } from './testing/bench.ts'

const bad: [title: string, layer: Buffer, about: { diffID?: Digest; mediaType?: string }, code: string][] = [
  ['a layer with another diffID', gzipSync(Buffer.alloc(1024)), { diffID: digestOf('other') }, 'DIGEST_MISMATCH'],
  ['a layer that is no tar', Buffer.from('<html>'.repeat(200)), {}, 'ARCHIVE_INVALID'],
  ['an encrypted layer', Buffer.alloc(1024), { mediaType: `${mediaTypes.ociLayer}+encrypted` }, 'NOT_SUPPORTED'],
]
for (const [title, layer, about, code] of bad) {
  test(`${title} is refused, and nothing of it stays`, async (t) => {
    const { store, registry } = benchFor(t, new MemoryRegistry())
    otherImage(registry, layer, about)
    await t.throwsAsync(pullImage(store, remoteOf(registry), { name }), { code })
    t.deepEqual(store.images.list(), [])
    t.deepEqual(store.layers.list(), [])
    t.is(store.tags.get(name), undefined)
  })
}

test('more layers than can be mounted are refused before one is fetched, or merged', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
  const few = await addImage(store, 'a')
  const [diffID] = few.config.rootfs.diff_ids
  if (diffID === undefined) throw new Error('no layer')
  const config = {
    ...hostPlatform(),
    rootfs: { type: 'layers', diff_ids: Array.from({ length: 130 }, () => diffID) },
  } as const
  const bytes = Buffer.from(JSON.stringify(config))
  const image = await store.images.put(localManifest(store, config, bytes), bytes)
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  const other = storeFor(t)
  await t.throwsAsync(pullImage(other, remoteOf(registry), { name }), { code: 'LAYER_LIMIT' })
  t.is(registry.said('get').length, 0)
  const merged = await pullImage(other, remoteOf(registry), { name, maxLayers: 'auto' })
  t.true(merged.image.config.rootfs.diff_ids.length <= 127)
})

test('two pulls at once of one image fetch each layer once', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
  const image = await addImage(store, 'a', 'b', 'c')
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  const other = storeFor(t)
  const pulls = await Promise.all([1, 2].map(async () => pullImage(other, remoteOf(registry), { name })))
  t.is(pulls.length, 2)
  t.is(registry.said('get').length, 3)
})

test('an abort stops a pull: its reason is thrown, no image is there, no temporary file', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
  const image = await addImage(store, 'a', 'b')
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  const controller = new AbortController()
  for (const [digest] of registry.repository(to).blobs)
    registry.content.set(digest, async function* () {
      yield Buffer.alloc(10)
      controller.abort(new Error('enough'))
      yield Buffer.alloc(10)
    })
  const other = storeFor(t)
  const pull = pullImage(other, remoteOf(registry), { name, signal: controller.signal })
  await t.throwsAsync(pull, { message: 'enough' })
  t.deepEqual(other.images.list(), [])
})

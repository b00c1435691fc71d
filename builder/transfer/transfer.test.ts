import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { serializeManifest } from '../../shared/oci/manifest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { layerTar } from '../export/layer-tar.ts'
import { writeLayer } from '../layers/layer-writer.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import type { RemoteImage } from '../ports.ts'
import { localManifest } from '../store/local-manifest.ts'
import { storeFor } from '../store/testing/fixture.ts'
import type { Store, StoredImage } from '../store/types.ts'
import type { TransferEvent } from '../transfer-events.ts'
import { type PublishImageOptions, publishImage } from './publish-image.ts'
import { pullImage } from './pull-image.ts'

async function addLayer(store: Store, name: string): Promise<Digest> {
  const folder = await store.temp('test')
  const tarFile = join(folder.dir, 'tar')
  const content = Buffer.from(name.repeat(5000))
  const members = [{ entry: blankEntry(name, 'file', { size: content.length }), content }]
  const { diffID, size, entries } = await writeLayer(members, tarFile, { sync: false })
  await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
  await folder.release()
  return diffID
}

async function addImage(store: Store, ...names: readonly string[]): Promise<StoredImage> {
  const diffIDs: Digest[] = []
  for (const name of names) diffIDs.push(await addLayer(store, name))
  const config = { ...hostPlatform(), rootfs: { type: 'layers', diff_ids: diffIDs } } as const
  const bytes = Buffer.from(JSON.stringify(config))
  return store.images.put(localManifest(store, config, bytes), bytes)
}

const to = { domain: 'reg:5000', path: 'team/app' }

interface Bench {
  readonly store: Store
  readonly registry: MemoryRegistry
  readonly events: TransferEvent[]
  readonly options: PublishImageOptions
}

function benchFor(t: ExecutionContext, registry = new MemoryRegistry()): Bench {
  const events: TransferEvent[] = []
  const options = { publisher: registry, emit: (event: TransferEvent) => events.push(event) }
  return { store: storeFor(t), registry, events, options }
}

const results = (events: readonly TransferEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'transfer-done' ? [event.result] : [])).sort()

/** What an adapter would find. */
function remoteOf(registry: MemoryRegistry, tag = 'latest', place = to): RemoteImage {
  const repository = registry.repository(place)
  const manifest = repository.manifests.get(repository.tagged.get(tag) ?? digestOf(''))
  if (manifest === undefined) throw new Error(`no ${tag}`)
  const { config } = JSON.parse(Buffer.from(manifest.bytes).toString()) as { config: { digest: Digest } }
  return {
    reference: { ...place, tag, digest: manifest.digest },
    descriptor: { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength },
    manifest: manifest.bytes,
    config: repository.blobs.get(config.digest) ?? new Uint8Array(),
    document: async () => undefined,
    content: (descriptor, options) => repository.blob(descriptor, options),
  }
}

async function tarOf(store: Store, diffID: Digest): Promise<Buffer> {
  const layer = store.layers.get(diffID)
  if (layer === undefined) throw new Error('no layer')
  const pieces: Uint8Array[] = []
  for await (const piece of layerTar(layer)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const name = 'reg:5000/team/app:latest'

test('what one store publishes another pulls: the same image, layer by layer', async (t) => {
  const { store, registry, options, events } = benchFor(t)
  const image = await addImage(store, 'a', 'b', 'a')
  const descriptor = await publishImage(store, { image, to, tags: ['latest', '1'] }, options)
  t.deepEqual(registry.said('put').slice(0, -1), ['put team/app latest', 'put team/app 1'])
  t.regex(registry.said('put').at(-1) ?? '', /^put team\/app sha256:/, 'the layer indexes, when the image is there')
  t.is(registry.said('stream').length, 2)
  t.deepEqual(results(events), ['pushed', 'pushed'])
  const { manifest } = remoteOf(registry)
  t.is(descriptor.digest, digestOf(manifest))

  const other = storeFor(t)
  const told: TransferEvent[] = []
  const pulled = await pullImage(other, remoteOf(registry), { name, emit: (event) => told.push(event) })
  t.is(pulled.image.imageID, image.imageID)
  t.is(pulled.image.manifestDigest, image.manifestDigest)
  t.true(pulled.isNew)
  t.deepEqual(other.tags.get(name), image.manifestDigest)
  for (const diffID of image.config.rootfs.diff_ids) t.deepEqual(await tarOf(other, diffID), await tarOf(store, diffID))
  t.deepEqual(results(told), ['pulled', 'pulled'])
})

test('what is there is neither fetched nor sent, and the manifest goes back byte for byte', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a', 'b')
  await publishImage(store, { image, to, tags: ['latest'] }, { ...options, format: 'docker' })
  // Another tool wrote the manifest: spaces, docker's types.
  const repository = registry.repository(to)
  const pretty = Buffer.from(
    JSON.stringify(JSON.parse(Buffer.from(remoteOf(registry).manifest).toString()), undefined, 3),
  )
  await repository.putManifest('latest', {
    mediaType: mediaTypes.dockerManifest,
    digest: digestOf(pretty),
    bytes: pretty,
  })

  const other = storeFor(t)
  await pullImage(other, remoteOf(registry), { name })
  const fetched = registry.said('get').length
  const again = await pullImage(other, remoteOf(registry), { name })
  t.false(again.isNew)
  t.is(registry.said('get').length, fetched)

  registry.log.length = 0
  const back = await publishImage(other, { image: again.image, to, tags: ['back'] }, { publisher: registry })
  t.is(back.digest, digestOf(pretty))
  t.deepEqual(remoteOf(registry, 'back').manifest, pretty)
  t.deepEqual(registry.said('stream', 'push', 'mount'), [])

  registry.log.length = 0
  const elsewhere = { ...to, path: 'other' }
  const mounted = await publishImage(other, { image: again.image, to: elsewhere, tags: ['1'] }, { publisher: registry })
  t.is(mounted.digest, digestOf(pretty))
  t.is(registry.said('mount').length, 2)
  t.deepEqual(registry.said('stream'), [])
})

test('another registry gets compressed layers; what is asked for of compression and format is done', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a')
  const typesOf = (tag: string): string[] => {
    const { mediaType, layers, config } = JSON.parse(Buffer.from(remoteOf(registry, tag).manifest).toString()) as {
      mediaType: string
      layers: { mediaType: string }[]
      config: { mediaType: string }
    }
    return [mediaType, config.mediaType, ...layers.map((layer) => layer.mediaType)]
  }
  const publish = (tag: string, more: Partial<PublishImageOptions>) =>
    publishImage(store, { image, to, tags: [tag] }, { ...options, ...more })
  await publish('gzip', {})
  t.deepEqual(typesOf('gzip'), [mediaTypes.ociManifest, mediaTypes.ociConfig, mediaTypes.ociLayerGzip])
  await publish('zstd', { compression: { format: 'zstd' } })
  t.deepEqual(typesOf('zstd'), [mediaTypes.ociManifest, mediaTypes.ociConfig, mediaTypes.ociLayerZstd])
  await publish('none', { compression: { format: 'none' } })
  t.deepEqual(typesOf('none'), [mediaTypes.ociManifest, mediaTypes.ociConfig, mediaTypes.ociLayer])
  await publish('docker', { format: 'docker' })
  t.deepEqual(typesOf('docker'), [mediaTypes.dockerManifest, mediaTypes.dockerConfig, mediaTypes.dockerLayerGzip])
  await publish('nine', { compression: { format: 'gzip', level: 9 } })
  t.is(registry.said('stream').length, 3, 'gzip, zstd, gzip at another level')
  await publish('nine', { compression: { format: 'gzip', level: 9 } })
  t.is(registry.said('stream').length, 3)
  await t.throwsAsync(publish('no', { format: 'docker', compression: { format: 'zstd' } }), { code: 'USAGE' })
  for (const tag of ['gzip', 'zstd', 'none', 'docker', 'nine']) {
    const pulled = await pullImage(storeFor(t), remoteOf(registry, tag), { name })
    t.is(pulled.image.imageID, image.imageID, tag)
  }
})

test('annotations are part of the manifest, and make another one', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a')
  const plain = await publishImage(store, { image, to, tags: ['plain'] }, options)
  const more = await publishImage(
    store,
    { image, to, tags: ['more'] },
    { ...options, annotations: new Map([['k', 'v']]) },
  )
  t.not(plain.digest, more.digest)
  const again = await publishImage(store, { image, to, tags: ['again'] }, options)
  t.is(again.digest, plain.digest)
  const { image: pulled } = await pullImage(storeFor(t), remoteOf(registry, 'more'), { name })
  t.deepEqual(pulled.manifest.annotations, { k: 'v' })
})

/** An image of another tool in a registry: one layer of these bytes under a config with this diffID. */
function otherImage(
  registry: MemoryRegistry,
  layer: Buffer,
  { diffID = digestOf(layer), mediaType = mediaTypes.ociLayer }: { diffID?: Digest; mediaType?: string } = {},
) {
  const repository = registry.repository(to)
  const config = Buffer.from(JSON.stringify({ ...hostPlatform(), rootfs: { type: 'layers', diff_ids: [diffID] } }))
  const describe = (type: string, bytes: Buffer) => ({ mediaType: type, digest: digestOf(bytes), size: bytes.length })
  const bytes = serializeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: describe(mediaTypes.ociConfig, config),
    layers: [describe(mediaType, layer)],
  })
  repository.blobs.set(digestOf(config), config)
  repository.blobs.set(digestOf(layer), layer)
  repository.manifests.set(digestOf(bytes), { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes })
  repository.tagged.set('latest', digestOf(bytes))
}

const bad: [title: string, layer: Buffer, about: { diffID?: Digest; mediaType?: string }, code: string][] = [
  ['a layer with another diffID', gzipSync(Buffer.alloc(1024)), { diffID: digestOf('other') }, 'DIGEST_MISMATCH'],
  ['a layer that is no tar', Buffer.from('<html>'.repeat(200)), {}, 'ARCHIVE_INVALID'],
  ['an encrypted layer', Buffer.alloc(1024), { mediaType: `${mediaTypes.ociLayer}+encrypted` }, 'NOT_SUPPORTED'],
]
for (const [title, layer, about, code] of bad) {
  test(`${title} is refused, and nothing of it stays`, async (t) => {
    const { store, registry } = benchFor(t)
    otherImage(registry, layer, about)
    await t.throwsAsync(pullImage(store, remoteOf(registry), { name }), { code })
    t.deepEqual(store.images.list(), [])
    t.deepEqual(store.layers.list(), [])
    t.is(store.tags.get(name), undefined)
  })
}

test('a layer of a type that is none of ours is pulled by what it holds, goes back as it was, and elsewhere as gzip', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a')
  const [diffID] = image.config.rootfs.diff_ids
  if (diffID === undefined) throw new Error('no layer')
  const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
  otherImage(registry, gzipSync(await tarOf(store, diffID)), { diffID, mediaType })
  const theirs = remoteOf(registry).manifest

  const other = storeFor(t)
  const pulled = await pullImage(other, remoteOf(registry), { name })
  await publishImage(other, { image: pulled.image, to, tags: ['back'] }, { publisher: registry })
  t.deepEqual(remoteOf(registry, 'back').manifest, theirs)
  const elsewhere = { domain: 'other:5000', path: 'app' }
  await publishImage(other, { image: pulled.image, to: elsewhere, tags: ['1'] }, { ...options, publisher: registry })
  const { layers } = JSON.parse(Buffer.from(remoteOf(registry, '1', elsewhere).manifest).toString()) as {
    layers: { mediaType: string }[]
  }
  t.deepEqual(
    layers.map((layer) => layer.mediaType),
    [mediaTypes.ociLayerGzip],
  )
})

test('what a manifest merely says of a layer that is here is not published in its place', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a')
  const [diffID] = image.config.rootfs.diff_ids
  const hollow = gzipSync(Buffer.from('not the layer at all'))
  otherImage(registry, hollow, { ...(diffID !== undefined && { diffID }), mediaType: mediaTypes.ociLayerGzip })
  await pullImage(store, remoteOf(registry), { name })
  for (const path of [to.path, 'mine']) {
    const place = { ...to, path }
    await publishImage(store, { image, to: place, tags: ['mine'] }, options)
    const { image: back } = await pullImage(storeFor(t), remoteOf(registry, 'mine', place), { name })
    t.is(back.imageID, image.imageID)
  }
})

test('lines of a push call a layer by its diffID, those of a pull by its blob', async (t) => {
  const { store, registry, options, events } = benchFor(t)
  const image = await addImage(store, 'a')
  const [diffID] = image.config.rootfs.diff_ids
  const titles = (): string[] => events.splice(0).flatMap((event) => ('title' in event ? [event.title] : []))
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  await publishImage(store, { image, to: { ...to, path: 'other' }, tags: ['latest'] }, options)
  t.deepEqual(
    titles(),
    Array.from({ length: 4 }, () => diffID?.slice(7, 19)),
    'sent, there, mounted',
  )
  const { layers } = JSON.parse(Buffer.from(remoteOf(registry).manifest).toString()) as { layers: { digest: Digest }[] }
  const other = storeFor(t)
  for (let i = 0; i < 2; i++) await pullImage(other, remoteOf(registry), { ...options, name })
  t.deepEqual(
    titles(),
    Array.from({ length: 3 }, () => layers[0]?.digest.slice(7, 19)),
    'fetched, there',
  )
})

test('more layers than can be mounted are refused before one is fetched, or merged', async (t) => {
  const { store, registry, options } = benchFor(t)
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
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a', 'b', 'c')
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  const other = storeFor(t)
  const pulls = await Promise.all([1, 2].map(async () => pullImage(other, remoteOf(registry), { name })))
  t.is(pulls.length, 2)
  t.is(registry.said('get').length, 3)
})

test('an abort stops a pull: its reason is thrown, no image is there, no temporary file', async (t) => {
  const { store, registry, options } = benchFor(t)
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

test('config and layer indexes go while layers still do', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a')
  const repository = registry.repository(to)
  const pushStream = repository.pushStream.bind(repository)
  repository.pushStream = async (...args) => {
    for (let i = 0; i < 200 && repository.blobs.size < 3; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    t.is(repository.blobs.size, 3, 'config, index and list')
    return pushStream(...args)
  }
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  t.is(repository.blobs.size, 4)
})

test('a push that fails leaves no tag; the next sends what is missing only', async (t) => {
  const { store, registry, options } = benchFor(t)
  const image = await addImage(store, 'a', 'b', 'c')
  const repository = registry.repository(to)
  const pushStream = repository.pushStream.bind(repository)
  let count = 0
  repository.pushStream = async (...args) => {
    if (++count === 2) throw new Error('gone')
    return pushStream(...args)
  }
  await t.throwsAsync(publishImage(store, { image, to, tags: ['latest'] }, { ...options, atOnce: 1 }), {
    message: 'gone',
  })
  t.is(repository.tagged.size, 0)
  registry.log.length = 0
  await publishImage(store, { image, to, tags: ['latest'] }, options)
  t.is(registry.said('stream').length, 2)
})

import { gzipSync } from 'node:zlib'
import test from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { storeFor } from '../store/testing/fixture.ts'
import type { TransferEvent } from '../transfer-events.ts'
import { publishImage } from './publish-image.ts'
import { pullImage } from './pull-image.ts'
import { addImage, benchFor, name, otherImage, remoteOf, results, tarOf, to } from './testing/bench.ts'

test('what one store publishes another pulls: the same image, layer by layer', async (t) => {
  const { store, registry, options, events } = benchFor(t, new MemoryRegistry())
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
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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
  t.deepEqual(registry.said('head'), [], 'what never was there is not asked for')
  t.deepEqual(registry.said('stream'), [])
})

test('a layer of a type that is none of ours is pulled by what it holds, goes back as it was, and elsewhere as gzip', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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

test('lines of a push call a layer by its diffID, those of a pull by its blob', async (t) => {
  const { store, registry, options, events } = benchFor(t, new MemoryRegistry())
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

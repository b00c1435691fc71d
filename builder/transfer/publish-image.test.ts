import { gzipSync } from 'node:zlib'
import test from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { storeFor } from '../store/testing/fixture.ts'
import { type PublishImageOptions, publishImage } from './publish-image.ts'
import { pullImage } from './pull-image.ts'
import { addImage, benchFor, name, otherImage, remoteOf, to } from './testing/bench.ts'

test('another registry gets compressed layers; what is asked for of compression and format is done', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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

test('what a manifest merely says of a layer that is here is not published in its place', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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

test('config and layer indexes go while layers still do', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
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

test('a layer whose sending breaks off is sent anew, and that is told; what is refused is not', async (t) => {
  for (const [code, times] of [
    ['REGISTRY_FAILED', 2],
    ['REGISTRY_REFUSED', 1],
  ] as const) {
    const { store, registry, options } = benchFor(t, new MemoryRegistry())
    const image = await addImage(store, 'a')
    const repository = registry.repository(to)
    const pushStream = repository.pushStream.bind(repository)
    let count = 0
    repository.pushStream = async (...args) => {
      if (++count === 1) throw new IbuildError(code, 'it closed the connection')
      return pushStream(...args)
    }
    const warnings: string[] = []
    const onWarning = (warning: string): unknown => warnings.push(warning)
    const published = publishImage(store, { image, to, tags: ['latest'] }, { ...options, onWarning })
    await (times === 1 ? t.throwsAsync(published, { code }) : published)
    t.is(count, times)
    t.deepEqual(warnings, times === 1 ? [] : ['it closed the connection; the layer is sent anew'])
  }
})

test('a mount that is refused is followed by the question, then by the bytes', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
  const image = await addImage(store, 'a')
  await publishImage(store, { image, to, tags: ['latest'] }, { ...options, indexes: false })
  for (const [path, isThere] of [
    ['b', true],
    ['c', false],
  ] as const) {
    const repository = registry.repository({ ...to, path })
    repository.mount = async (_digest, from) => {
      registry.log.push(`refused ${from}`)
      return false
    }
    if (isThere) for (const [digest, bytes] of registry.repository(to).blobs) repository.blobs.set(digest, bytes)
    registry.log.length = 0
    await publishImage(store, { image, to: { ...to, path }, tags: ['1'] }, { ...options, indexes: false })
    const asked = registry.said('refused', 'head', 'stream').map((entry) => entry.split(' ')[0])
    t.deepEqual(asked, isThere ? ['refused', 'head'] : ['refused', 'refused', 'head', 'stream'])
  }
})

test('of an image that never was in a registry config, list and indexes are sent unasked', async (t) => {
  const { store, registry, options } = benchFor(t, new MemoryRegistry())
  const image = await addImage(store, 'a')
  const unasked: number[] = []
  for (const path of ['1', '2']) {
    const repository = registry.repository({ ...to, path })
    const pushBlob = repository.pushBlob.bind(repository)
    let count = 0
    repository.pushBlob = async (...args) => {
      if (args[2] !== undefined && 'isMissing' in args[2] && args[2].isMissing === true) count++
      return pushBlob(...args)
    }
    await publishImage(store, { image, to: repository.name, tags: ['1'] }, options)
    unasked.push(count)
  }
  t.deepEqual(unasked, [3, 0])
})

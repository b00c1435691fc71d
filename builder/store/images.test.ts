import { utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { type Digest, digestOf, hexOf, parseDigest } from '../../shared/base/digest.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { findImage } from './image-query.ts'
import { addImage, addSnapshotLayer, addTarLayer, storeFor } from './testing/fixture.ts'

test('an image comes back as it was put', async (t) => {
  const store = storeFor(t)
  const base = await addTarLayer(store, 'base')
  const top = await addSnapshotLayer(store, 'top', base.diffID)
  const made = makeImage([base, top], { author: 'me' })
  await store.images.put(made.manifest, made.config)
  const image = store.images.get(made.manifestDigest)
  t.deepEqual(image?.manifestBytes, made.manifest)
  t.deepEqual(image?.configBytes, made.config)
  t.is(image?.imageID, made.imageID)
  t.is(image?.config.author, 'me')
  t.is(image?.manifest.layers.length, 2)
  t.deepEqual(image?.names, [])
})

test('an image without layers is one', async (t) => {
  const store = storeFor(t)
  const made = makeImage([])
  t.is((await store.images.put(made.manifest, made.config)).imageID, made.imageID)
})

test('images are found by name, digest, ID and the start of an ID', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a', 'app:1', 'app:latest')
  await store.tags.set('host.example:5000/team/app:1', image.manifestDigest)
  const id = hexOf(image.imageID)
  const queries = [
    'app:1',
    'app',
    'library/app',
    'docker.io/library/app:latest',
    'index.docker.io/app',
    'host.example:5000/team/app:1',
    image.manifestDigest,
    `app@${image.manifestDigest}`,
    `app:other@${image.manifestDigest}`,
    image.imageID,
    id,
    id.slice(0, 12),
    id.slice(0, 4),
    `sha256:${id.slice(0, 12)}`,
  ]
  for (const query of queries) t.is(store.images.get(query)?.manifestDigest, image.manifestDigest, query)
  t.deepEqual(image.names, ['docker.io/library/app:1', 'docker.io/library/app:latest', 'host.example:5000/team/app:1'])
})

test('what is not there is not found', async (t) => {
  const store = storeFor(t)
  const { imageID } = await addImage(store, 'a', 'app:1')
  const other = hexOf(digestOf('nothing'))
  const queries = ['app:2', 'app', 'nginx', other, `sha256:${other}`, other.slice(0, 12), `app@sha256:${other}`]
  for (const query of [...queries, hexOf(imageID).slice(0, 3)]) t.is(store.images.get(query), undefined, query)
})

for (const query of ['', 'App', 'a b', '../x', `${'a'.repeat(65)}:`, 'ABCDEF01']) {
  test(`no query at all: ${JSON.stringify(query)}`, (t) => {
    t.throws(() => storeFor(t).images.get(query), { code: 'REFERENCE_INVALID' })
  })
}

const digest = (start: string): Digest => parseDigest(`sha256:${start.padEnd(64, '0')}`)

test('a name wins over an ID that starts so; the start of two IDs is refused', (t) => {
  const entries = ['abcd1', 'abcd2', 'beef'].map((start) => ({ imageID: digest(start), manifest: digest(`1${start}`) }))
  const tag = (name: string): Digest | undefined =>
    name === 'docker.io/library/beef:latest' ? digest('1abcd1') : undefined
  const catalog = { tag, entries: () => entries }
  t.is(findImage('beef', catalog)?.imageID, digest('abcd1'))
  t.is(findImage('beef0', catalog)?.imageID, digest('beef'))
  t.is(findImage('abcd1', catalog)?.imageID, digest('abcd1'))
  t.throws(() => findImage('abcd', catalog), { code: 'REFERENCE_INVALID', message: /the start of 2 image IDs/ })
})

test('one config in two manifests is no ambiguity', (t) => {
  const [imageID, a, b] = [digestOf('config'), digestOf('a'), digestOf('b')]
  const catalog = {
    tag: () => undefined,
    entries: () => [
      { imageID, manifest: a },
      { imageID, manifest: b },
    ],
  }
  t.is(findImage(hexOf(imageID).slice(0, 8), catalog)?.manifest, a)
})

test('a digest of an index finds the manifest that was tagged for it', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a')
  const index = digestOf('index')
  await store.tags.set(`docker.io/library/app@${index}`, image.manifestDigest)
  t.is(store.images.get(`app:1@${index}`)?.manifestDigest, image.manifestDigest)
})

test('what does not fit together is refused', async (t) => {
  const store = storeFor(t)
  const layer = await addTarLayer(store, 'layer')
  const [one, none, missing] = [
    makeImage([layer]),
    makeImage([]),
    makeImage([{ diffID: digestOf('missing'), size: 1 }]),
  ]
  const { images } = store
  await t.throwsAsync(images.put(one.manifest, none.config), {
    code: 'MANIFEST_INVALID',
    message: /is not the config given/,
  })
  await t.throwsAsync(images.put(missing.manifest, missing.config), { code: 'LAYER_INVALID', message: /layer 1 of 1/ })
  await t.throwsAsync(images.put(Buffer.from('{}'), one.config), { code: 'MANIFEST_INVALID' })
  await t.throwsAsync(images.put(one.manifest, Buffer.from('[')), { code: 'JSON_INVALID' })
  const text = one.manifest.toString()
  const layers = /"layers":\[(.*)\]/.exec(text)?.[1] ?? ''
  const twice = Buffer.from(text.replace(layers, `${layers},${layers}`))
  await t.throwsAsync(images.put(twice, one.config), { code: 'CONFIG_INVALID', message: /1 diff_ids for 2 layers/ })
  t.deepEqual(images.list(), [])
  t.deepEqual(store.blobs.list(), [], 'nothing was written')
})

test('a layer may be there only as the blob that the manifest names', async (t) => {
  const store = storeFor(t)
  await store.blobs.put(Buffer.from('layer'))
  const made = makeImage([{ diffID: digestOf('layer'), size: 5 }])
  await t.notThrowsAsync(store.images.put(made.manifest, made.config))
})

test('images are listed with the newest first, also those without a tag', async (t) => {
  const store = storeFor(t)
  const [a, b] = [await addImage(store, 'a', 'app:1'), await addImage(store, 'b')]
  const file = path.join(store.root, 'images', `${hexOf(a.imageID)}.${hexOf(a.manifestDigest)}`)
  utimesSync(file, 0, 4_000_000_000)
  t.deepEqual(
    store.images.list().map((image) => image.imageID),
    [a.imageID, b.imageID],
  )
  t.is(store.images.list()[0]?.storedAt, 4e12)
})

test('removing an image removes its tags and no others', async (t) => {
  const store = storeFor(t)
  const [a, b] = [await addImage(store, 'a', 'app:1', 'app:2'), await addImage(store, 'b', 'other:1')]
  t.true(await store.images.remove(a.manifestDigest))
  t.false(await store.images.remove(a.manifestDigest))
  t.deepEqual(
    store.tags.list().map((tag) => tag.name),
    ['docker.io/library/other:1'],
  )
  t.deepEqual(
    store.images.list().map((image) => image.imageID),
    [b.imageID],
  )
})

test('a damaged or missing document is an error at first use, not before', async (t) => {
  const store = storeFor(t)
  const { imageID, manifestDigest } = await addImage(store, 'a', 'app:1')
  writeFileSync(store.blobs.path(imageID), '{}')
  store.blobs.remove(manifestDigest)
  const image = store.images.get('app:1')
  t.throws(() => image?.config, { code: 'STORE_INVALID', message: /is damaged/ })
  t.throws(() => image?.manifest, { code: 'STORE_INVALID', message: /is missing/ })
})

test('an image that is damaged is mended when it is put again, and can be removed', async (t) => {
  const store = storeFor(t)
  const layer = await addTarLayer(store, 'a')
  const { manifest, config, imageID, manifestDigest } = makeImage([layer])
  await store.images.put(manifest, config)
  await store.tags.set('docker.io/library/app:1', manifestDigest)
  for (const digest of [imageID, manifestDigest]) {
    for (const damage of [
      () => writeFileSync(store.blobs.path(digest), '{}'),
      () => writeFileSync(store.blobs.path(digest), Buffer.alloc(store.blobs.stat(digest)?.size ?? 0)),
      () => store.blobs.remove(digest),
    ]) {
      damage()
      t.throws(() => store.images.get('app:1')?.[digest === imageID ? 'config' : 'manifest'], { code: 'STORE_INVALID' })
      const mended = await store.images.put(manifest, config)
      t.deepEqual(mended.config.rootfs.diff_ids, [layer.diffID])
      t.deepEqual(store.images.get('app:1')?.manifestBytes, manifest)
    }
  }
  writeFileSync(store.blobs.path(imageID), '')
  store.blobs.remove(manifestDigest)
  t.true(await store.images.remove(manifestDigest))
  t.deepEqual([store.images.list(), store.tags.list()], [[], []])
})

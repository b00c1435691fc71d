import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { addImage, addSnapshotLayer, storeFor } from './testing/fixture.ts'
import type { Container, Store, StoredImage } from './types.ts'

async function addContainer(store: Store, name: string, image: StoredImage, text = 'written'): Promise<Container> {
  const layer = await addSnapshotLayer(store, text, image.config.rootfs.diff_ids.at(-1))
  const { manifestDigest, imageID } = image
  const about = { command: ['sh', '-c', 'make'], exitCode: 0, created: 1_700_000_000_000 }
  return store.containers.add({ name, manifestDigest, imageID, layer: layer.diffID, ...about })
}

test('a container is found by its name, with the config of its image', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'base', 'base:1')
  const added = await addContainer(store, 'one', image)
  const found = store.containers.get('one')
  t.deepEqual(found?.config, image.config)
  t.deepEqual(found?.manifest, image.manifest)
  t.is(found?.layer, added.layer)
  t.deepEqual(found?.command, ['sh', '-c', 'make'])
  t.is(store.containers.get('two'), undefined)
})

test('a name can be taken once, also by two at once', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'base', 'base:1')
  const results = await Promise.allSettled(['a', 'b'].map(async (text) => addContainer(store, 'one', image, text)))
  t.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const error = await t.throwsAsync(addContainer(store, 'one', image, 'c'))
  t.like(error, { code: 'CONTAINER_EXISTS' })
})

test('names come sorted; a removed one is gone, its layer with the next collection', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'base', 'base:1')
  const { layer } = await addContainer(store, 'b', image)
  await addContainer(store, 'a', image, 'other')
  t.deepEqual(
    store.containers.list().map(({ name }) => name),
    ['a', 'b'],
  )
  t.true(await store.containers.remove('b'))
  t.false(await store.containers.remove('b'))
  await store.collectGarbage()
  t.false(layer !== undefined && store.layers.list().includes(layer))
  t.is(store.layers.list().length, 2)
})

test('a container keeps its image from being collected, also when the image was removed', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'base', 'base:1')
  const kept = await addContainer(store, 'one', image)
  await store.tags.remove('docker.io/library/base:1')
  await store.collectGarbage({ keepRecords: false, keepUnnamed: false })
  t.truthy(store.images.get(image.imageID), 'an image without a name that a container ran on')

  await store.images.remove(image.manifestDigest)
  await store.collectGarbage({ keepRecords: false, keepUnnamed: false })
  const found = store.containers.get('one')
  t.deepEqual(found?.config, image.config)
  for (const diffID of [...image.config.rootfs.diff_ids, kept.layer])
    t.truthy(diffID && store.layers.get(diffID), `layer ${diffID}`)

  await store.containers.remove('one')
  await store.collectGarbage({ keepRecords: false, keepUnnamed: false })
  t.deepEqual([store.layers.list(), store.blobs.list()], [[], []])
})

const wrongNames = ['', '.', '..', '../one', 'a/b', '-a', '_a', 'a b', 'a\n', 'é', 'a'.repeat(129), 'a\0b']
for (const name of wrongNames) {
  test(`${JSON.stringify(name.slice(0, 20))} is no name for a container`, async (t) => {
    const store = storeFor(t)
    t.throws(() => store.containers.get(name), { message: /not a name for a container/ })
    await t.throwsAsync(store.containers.remove(name), { message: /not a name for a container/ })
    const image = await addImage(store, 'base', 'base:1')
    await t.throwsAsync(addContainer(store, name, image), { message: /not a name for a container/ })
    t.deepEqual(readdirSync(path.join(store.root, 'containers')), [])
  })
}

const damages: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['half of it', '{"version":1,"name":"one"'],
  ['another version', '{"version":2,"name":"one"}'],
  ['another name', '{"version":1,"name":"two","manifest":"sha256:1"}'],
  ['no digest', '{"version":1,"name":"one","manifest":"../x","imageID":"","command":[],"exitCode":0,"created":0}'],
]
for (const [what, text] of damages) {
  test(`a damaged container, ${what}, is an error and can be removed`, async (t) => {
    const store = storeFor(t)
    writeFileSync(path.join(store.root, 'containers', 'one'), text)
    t.throws(() => store.containers.get('one'), { code: 'STORE_INVALID' })
    t.throws(() => store.containers.list(), { code: 'STORE_INVALID' })
    await addContainer(store, 'other', await addImage(store, 'base', 'base:1'))
    const { containers, damaged } = store.containers.scan()
    t.deepEqual([containers.map(({ name }) => name), damaged.length], [['other'], 1])
    await store.containers.remove('other')
    t.true(await store.containers.remove('one'))
    t.deepEqual(store.containers.list(), [])
  })
}

test('a data folder that had no containers yet gets the folder with the first one', async (t) => {
  const store = storeFor(t)
  const folder = path.join(store.root, 'containers')
  rmSync(folder, { recursive: true })
  t.deepEqual(store.containers.list(), [])
  t.is(store.containers.get('one'), undefined)
  await addContainer(store, 'one', await addImage(store, 'base', 'base:1'))
  t.true(existsSync(path.join(folder, 'one')))
})

import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { parseJson } from '../../shared/base/json.ts'
import { type Index, parseIndex } from '../../shared/oci/manifest.ts'
import { addImage, storeFor } from './testing/fixture.ts'
import type { Store } from './types.ts'

function readIndex(store: Store): Index {
  return parseIndex(parseJson(readFileSync(path.join(store.root, 'index.json')), { what: 'index.json' }))
}

test('a tag is set, moved and removed', async (t) => {
  const store = storeFor(t)
  const [a, b] = [await addImage(store, 'a'), await addImage(store, 'b')]
  const name = 'docker.io/library/app:1'
  t.is(store.tags.get(name), undefined)
  t.is(store.tags.setAt(name), undefined)
  await store.tags.set(name, a.manifestDigest)
  t.is(store.tags.get(name), a.manifestDigest)
  t.true(Math.abs(Date.now() - (store.tags.setAt(name) ?? 0)) < 60_000)
  await store.tags.set(name, b.manifestDigest)
  t.deepEqual(store.tags.list(), [{ name, manifest: b.manifestDigest }])
  t.true(await store.tags.remove(name))
  t.false(await store.tags.remove(name))
  t.deepEqual(store.tags.list(), [])
  t.is(store.images.list().length, 2, 'images stay')
})

test('names of any length, and ports, are kept apart', async (t) => {
  const store = storeFor(t)
  const { manifestDigest } = await addImage(store, 'a')
  const names = [
    `host.example:5000/${'a/'.repeat(120)}b:${'t'.repeat(128)}`,
    'host.example:5000/a:b',
    'host.example/a:b',
    'docker.io/a/b:c',
    'docker.io/library/a:c',
    `docker.io/library/a@${digestOf('index')}`,
  ]
  for (const name of names) await store.tags.set(name, manifestDigest)
  t.deepEqual(
    store.tags.list().map((tag) => tag.name),
    [...names].sort(),
  )
})

for (const name of [
  'app:1',
  'docker.io/library/app',
  'docker.io/library/App:1',
  '',
  '../../etc/passwd',
  'docker.io/library/app:1 ',
  digestOf('a'),
]) {
  test(`refused as a name: ${JSON.stringify(name)}`, async (t) => {
    const store = storeFor(t)
    const { manifestDigest } = await addImage(store, 'a')
    await t.throwsAsync(store.tags.set(name, manifestDigest), { code: 'REFERENCE_INVALID' })
    t.throws(() => store.tags.get(name), { code: 'REFERENCE_INVALID' })
    t.deepEqual(readdirSync(path.join(store.root, 'tags')), [])
  })
}

test('a tag needs an image', async (t) => {
  const store = storeFor(t)
  await t.throwsAsync(store.tags.set('docker.io/library/app:1', digestOf('nothing')), { code: 'IMAGE_NOT_FOUND' })
  t.deepEqual(store.tags.list(), [])
})

test('index.json says what the tags say', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a', 'app:1', 'app:2')
  const entries = readIndex(store).manifests.map(({ digest, size, annotations }) => ({ digest, size, ...annotations }))
  const common = { digest: image.manifestDigest, size: image.manifestBytes.length }
  const [ref, containerd] = ['org.opencontainers.image.ref.name', 'io.containerd.image.name']
  t.deepEqual(entries, [
    { ...common, [ref]: 'app:1', [containerd]: 'docker.io/library/app:1' },
    { ...common, [ref]: 'app:2', [containerd]: 'docker.io/library/app:2' },
  ])
  await store.tags.remove('docker.io/library/app:1')
  t.is(readIndex(store).manifests.length, 1)
})

test('setting the same again writes nothing', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a', 'app:1')
  writeFileSync(path.join(store.root, 'index.json'), 'untouched')
  await store.tags.set('docker.io/library/app:1', image.manifestDigest)
  t.is(readFileSync(path.join(store.root, 'index.json'), 'utf8'), 'untouched')
})

test('what a killed process left out of index.json is put in by the next that sets a tag or collects garbage', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a', 'app:1')
  const index = path.join(store.root, 'index.json')
  const leaveStale = (): void => {
    writeFileSync(index, '{"schemaVersion":2,"manifests":[]}')
    utimesSync(index, 0, 0)
  }
  leaveStale()
  await store.tags.set('docker.io/library/app:1', image.manifestDigest)
  t.is(readIndex(store).manifests.length, 1)
  leaveStale()
  await store.collectGarbage()
  t.is(readIndex(store).manifests.length, 1)
})

test('twenty tags at once in one process', async (t) => {
  const store = storeFor(t)
  const { manifestDigest } = await addImage(store, 'a')
  const names = Array.from({ length: 20 }, (_, i) => `docker.io/library/app:${i}`)
  await Promise.all(names.map(async (name) => store.tags.set(name, manifestDigest)))
  t.is(store.tags.list().length, 20)
  t.is(readIndex(store).manifests.length, 20)
})

test('a damaged tag is told, not guessed', async (t) => {
  const store = storeFor(t)
  await addImage(store, 'a', 'app:1', 'app:2')
  const [first = '', second = ''] = readdirSync(path.join(store.root, 'tags')).map((name) =>
    path.join(store.root, 'tags', name),
  )
  const whole = readFileSync(second)
  for (const content of ['', '{}', whole]) {
    writeFileSync(first, content)
    t.throws(() => store.tags.list(), { code: 'STORE_INVALID', message: /is damaged/ })
  }
})

test('beside a damaged tag all others can be read, set and removed, and it can be set anew or removed', async (t) => {
  const store = storeFor(t)
  const image = await addImage(store, 'a', 'app:1', 'app:2')
  const [one, two] = ['docker.io/library/app:1', 'docker.io/library/app:2'] as const
  const fileOf = (name: string): string => path.join(store.root, 'tags', hexOf(digestOf(name)))
  const names = (): string[] => store.tags.scan().tags.map(({ name }) => name)
  writeFileSync(fileOf(one), 'damaged')
  t.deepEqual(names(), [two])
  t.deepEqual(
    store.tags.scan().damaged.map(({ code }) => code),
    ['STORE_INVALID'],
  )
  t.deepEqual(image.names, [two])
  await store.tags.set('docker.io/library/app:3', image.manifestDigest)
  t.true(await store.tags.remove(two))
  await store.tags.set(one, image.manifestDigest)
  t.deepEqual(names(), [one, 'docker.io/library/app:3'])
  t.deepEqual(store.tags.list(), store.tags.scan().tags)
  writeFileSync(fileOf(one), '')
  t.true(await store.tags.remove(one))
  t.deepEqual(store.tags.scan().damaged, [])
})

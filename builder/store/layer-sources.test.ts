import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { openStore } from './open.ts'
import type { LayerSource } from './remote-types.ts'

const diffID = digestOf('layer')
const source = (text: string, path = 'app'): LayerSource => ({
  mediaType: mediaTypes.ociLayerGzip,
  digest: digestOf(text),
  size: text.length,
  domain: 'localhost:5000',
  path,
})

test('sources come back, the newest first, each once', async (t) => {
  const store = openStore(temporaryFolder(t))
  const made = { ...source('b'), made: { format: 'gzip', level: 6 } as const }
  for (const each of [source('a'), made, source('a', 'other'), source('a')]) await store.sources.add(diffID, each)
  t.deepEqual(store.sources.get(diffID), [source('a'), source('a', 'other'), made])
  t.deepEqual(store.sources.get(digestOf('unknown')), [])
})

test('what is known of a blob is known of it wherever it is, and not forgotten for what a manifest says', async (t) => {
  const store = openStore(temporaryFolder(t))
  const known = { ...source('a', 'one'), checked: true }
  for (const each of [source('a'), known, source('b'), source('a', 'one'), source('a', 'two')])
    await store.sources.add(diffID, each)
  t.deepEqual(store.sources.get(diffID), [
    { ...source('a', 'two'), checked: true },
    known,
    source('b'),
    { ...source('a'), checked: true },
  ])
})

test('of very many the newest are kept', async (t) => {
  const store = openStore(temporaryFolder(t))
  for (let i = 0; i < 40; i++) await store.sources.add(diffID, source(`text ${i}`))
  const kept = store.sources.get(diffID)
  t.is(kept.length, 32)
  t.deepEqual(kept[0], source('text 39'))
})

test('damaged lists, and entries of another form, are misses', async (t) => {
  const store = openStore(temporaryFolder(t))
  await store.sources.add(diffID, source('a'))
  const file = join(store.root, 'sources', hexOf(diffID))
  const good = JSON.stringify(source('b'))
  for (const text of ['', '{', '{}', '[]', `{"name":"${digestOf('x')}","entries":[${good}]}`]) {
    writeFileSync(file, text)
    t.deepEqual(store.sources.get(diffID), [], text)
  }
  writeFileSync(file, `{"name":"${diffID}","entries":[1,{"digest":"sha256:no"},{"digest":"${diffID}"},${good}]}`)
  t.deepEqual(store.sources.get(diffID), [source('b')])
})

test('manifests of an image come back byte for byte, and go with the image', async (t) => {
  const store = openStore(temporaryFolder(t))
  const manifest = Buffer.from('{ "schemaVersion": 2, "\u00fc": "\ud83d\ude00" }\n')
  const origin = { domain: 'a', path: 'b', mediaType: mediaTypes.ociManifest, digest: digestOf(manifest), manifest }
  await store.origins.add(digestOf('image'), origin)
  t.deepEqual(store.origins.get(digestOf('image')), [origin])
  await store.origins.add(digestOf('image'), { ...origin, manifest: Buffer.alloc(300_000, ' ') })
  t.deepEqual(store.origins.get(digestOf('image')), [origin])
  await store.sources.add(diffID, source('a'))
  await store.collectGarbage()
  t.deepEqual(readdirSync(join(store.root, 'origins')), [])
  t.deepEqual(readdirSync(join(store.root, 'sources')), [])
})

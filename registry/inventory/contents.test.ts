import test, { type ExecutionContext } from 'ava'
import type { Digest } from '../../shared/base/digest.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { collectedRegistry, hour } from '../gc/testing/collected-registry.ts'
import { artifactOf, imageOf, indexOf, named, pushArtifact, pushBlob } from '../service/testing/images.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { pulledRows } from '../storage/pull-rows.ts'
import { type ManifestRow, manifestRows } from '../storage/rows.ts'
import { followChanges } from './changes.ts'
import { registryContents } from './contents.ts'
import type { ContentFacts, RegistryContents } from './types.ts'

const app = named('team/app')
const config = 'application/vnd.oci.image.config.v1+json'

async function scene(t: ExecutionContext) {
  const changes = followChanges()
  const registry = await collectedRegistry(t, {
    metadata: changes.watch(createMemoryMetadata()),
    gc: { lease: 0 },
  })
  const make = (): RegistryContents => registryContents({ ...registry.inner, changes, service: registry.service })
  return { ...registry, contents: make(), make }
}

async function pagesOf(contents: RegistryContents): Promise<readonly (readonly ContentFacts[])[]> {
  const pages: (readonly ContentFacts[])[] = []
  for await (const page of contents.all(app)) pages.push(page)
  return pages
}

async function all(contents: RegistryContents): Promise<readonly ContentFacts[]> {
  return (await pagesOf(contents)).flat()
}

function configured(document: object, more: object = {}) {
  const bytes = Buffer.from(JSON.stringify(document))
  return artifactOf(
    { config: { mediaType: config, digest: digestOf(bytes), size: bytes.length }, layers: [], ...more },
    [bytes],
  )
}

test('details: annotations over labels, the time of the config, of an index those of its first image', async (t) => {
  const { service, contents } = await scene(t)
  const image = configured(
    { created: '2026-03-01T10:00:00Z', config: { Labels: { a: 'config', b: 'config', n: 1 } } },
    { annotations: { a: 'manifest' } },
  )
  const digest = await pushArtifact(service, app, image, ['1'])
  const labels = { a: 'manifest', b: 'config' }
  const createdAt = Date.UTC(2026, 2, 1, 10)
  t.deepEqual(await contents.details(app, digest), { createdAt, labels })
  const attestation = imageOf('attestation')
  await pushArtifact(service, app, attestation)
  const entry = ({ digest: of, bytes, mediaType }: typeof image, os: string) => {
    return { mediaType, digest: of, size: bytes.length, platform: { os, architecture: 'amd64' } }
  }
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const manifests = [entry(attestation, 'unknown'), entry(image, 'linux')]
  const index = artifactOf({ mediaType, manifests, annotations: { b: 'index' } })
  t.deepEqual(await contents.details(app, await pushArtifact(service, app, index, ['2'])), {
    createdAt,
    labels: { a: 'manifest', b: 'index' },
  })
})

for (const [what, document, createdAt] of [
  ['of reproducible builds', { created: '1970-01-01T00:00:00Z' }, undefined],
  ['zero', { created: '0001-01-01T00:00:00Z' }, undefined],
  ['none', {}, undefined],
  ['no time', { created: 'yesterday' }, undefined],
  ['no text', { created: 5, config: { Labels: [] } }, undefined],
  ['the first that counts', { created: '2013-01-01T00:00:00Z' }, Date.UTC(2013, 0, 1)],
] as const) {
  test(`details: a time that is ${what}`, async (t) => {
    const { service, contents } = await scene(t)
    const digest = await pushArtifact(service, app, configured(document), ['1'])
    t.deepEqual(await contents.details(app, digest), { createdAt, labels: {} })
  })
}

test('details: what cannot be read has none', async (t) => {
  const { service, contents } = await scene(t)
  const broken = Buffer.from('no document')
  const image = artifactOf(
    { config: { mediaType: config, digest: digestOf(broken), size: broken.length }, layers: [] },
    [broken],
  )
  t.is(await contents.details(app, await pushArtifact(service, app, image, ['1'])), undefined)
  t.is(await contents.details(app, digestOf('nothing')), undefined)
  const helm = Buffer.from('{"created":"2026-01-01T00:00:00Z"}')
  const chart = artifactOf(
    {
      config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf(helm), size: helm.length },
      layers: [],
    },
    [helm],
  )
  t.deepEqual(await contents.details(app, await pushArtifact(service, app, chart, ['2'])), {
    createdAt: undefined,
    labels: {},
  })
})

test('sizes: an index counts what its images share once; what an earlier version stored is counted as well', async (t) => {
  const { service, contents, metadata, make } = await scene(t)
  const shared = Buffer.from('a layer that both have')
  const imageWith = (text: string) => {
    const own = Buffer.from(text)
    const [ownConfig, layer] = [digestOf(own), digestOf(shared)]
    const layers = [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layer, size: shared.length }]
    return artifactOf({ config: { mediaType: config, digest: ownConfig, size: own.length }, layers }, [own, shared])
  }
  const images = [imageWith('{"one":1}'), imageWith('{"two":2}')]
  for (const image of images) await pushArtifact(service, app, image)
  const index = indexOf(images)
  await pushArtifact(service, app, index, ['all'])
  await pushArtifact(service, app, images[0] ?? index, ['one'])
  const own = images.reduce((sum, { bytes, blobs }) => sum + bytes.length + (blobs[0]?.length ?? 0), 0)
  const wanted = [index.bytes.length + own + shared.length, (images[0]?.bytes.length ?? 0) + 9 + shared.length]
  t.deepEqual(
    (await all(contents)).map(({ size }) => size),
    wanted,
  )
  for (const { key, value } of await metadata.list({ prefix: manifestRows.prefix(app), limit: 10 })) {
    const { content: _, ...row }: ManifestRow = manifestRows.parse(key, value)
    await metadata.commit({ put: [{ key, value: JSON.stringify(row) }] })
  }
  t.deepEqual(
    (await all(make())).map(({ size }) => size),
    wanted,
  )
})

test('a pull of a child is one of its index; what is not written yet counts', async (t) => {
  const { service, contents, metadata, clock } = await scene(t)
  const child = imageOf('child')
  await pushArtifact(service, app, child)
  await pushArtifact(service, app, indexOf([child]), ['1'])
  const at = clock.now - hour
  await metadata.commit({ put: [pulledRows.row([app, child.digest], { at })] })
  t.is((await all(contents))[0]?.pulledAt, at)
  service.pulled(app, child.digest)
  t.is((await all(contents))[0]?.pulledAt, clock.now)
  t.is((await contents.tag(app, '1'))?.pulledAt, clock.now)
})

test('many tags come in pages, in byte order, each once', async (t) => {
  const { service, contents } = await scene(t)
  const image = imageOf('one')
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  for (let i = 0; i < 25; i++) {
    const tags = Array.from({ length: 90 }, (_, j) => `t${i}-${j}`)
    await service.manifests.put(
      app,
      { digest: image.digest },
      { bytes: image.bytes, contentType: image.mediaType, tags },
    )
  }
  const pages = await pagesOf(contents)
  t.true(pages.every(({ length }) => length <= 1000))
  const tags = pages.flat().map(({ tag }) => tag)
  t.is(tags.length, 25 * 90)
  t.deepEqual(
    tags,
    tags.toSorted((a = '', b = '') => (a < b ? -1 : 1)),
  )
})

const digest: Digest = imageOf('one').digest

test('reports of use: the last one of each counts, until its time is over', async (t) => {
  const { contents, clock } = await scene(t)
  const { inUse } = contents
  await inUse.put('a', { digests: [digest, digest], until: clock.now + hour })
  await inUse.put('b', { digests: [digest], until: clock.now + 1 })
  t.deepEqual(
    (await inUse.list()).map(({ reporter, digests }) => [reporter, digests]),
    [
      ['a', [digest]],
      ['b', [digest]],
    ],
  )
  clock.now += 1
  t.deepEqual(
    (await inUse.list()).map(({ reporter }) => reporter),
    ['a'],
  )
  await inUse.put('a', { digests: [], until: clock.now })
  t.deepEqual(await inUse.list(), [])
})

test('reports that cannot be are refused', async (t) => {
  const { contents, clock, service } = await scene(t)
  const { inUse } = contents
  const until = clock.now + hour
  for (const [reporter, report] of [
    ['', { digests: [], until }],
    ['a b', { digests: [], until }],
    ['x'.repeat(101), { digests: [], until }],
    ['a', { digests: ['latest'], until }],
    ['a', { digests: [], until: clock.now + 8 * 24 * hour }],
    ['a', { digests: [], until: Number.NaN }],
    ['a', { digests: Array.from({ length: 10_001 }, () => digest), until }],
  ] as const) {
    await t.throwsAsync(inUse.put(reporter, report), { code: 'USAGE' })
  }
  t.deepEqual(await inUse.list(), [])
  await service.setReadOnly(true)
  await t.throwsAsync(inUse.put('a', { digests: [digest], until }), { code: 'DENIED' })
})

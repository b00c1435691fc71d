import test from 'ava'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { checkRegistry } from '../service/testing/check-registry.ts'
import {
  artifactOf,
  imageOf,
  indexOf,
  named,
  pushArtifact,
  pushBlob,
  pushed,
  subjectOf,
} from '../service/testing/images.ts'
import { looseRows, refersRows, reviewRows, useRows } from '../storage/gc-rows.ts'
import { linkRows, manifestRows, repositoryRows } from '../storage/rows.ts'
import { type CollectedRegistry, collectedRegistry, day, hour, minute, second } from './testing/collected-registry.ts'

const [app, other] = [named('team/app'), named('other')]
const [first, second_] = [imageOf('1'), imageOf('2')]

/** Digests of all that the image has. */
function contentOf(image: { readonly digest: Digest; readonly blobs: readonly Buffer[] }): Digest[] {
  return [...image.blobs.map((blob) => digestOf(blob)), image.digest]
}

async function stored({ driver }: CollectedRegistry, digests: readonly Digest[]): Promise<number> {
  const sizes = await Promise.all(digests.map((digest) => driver.size(digest)))
  return sizes.filter((size) => size !== undefined).length
}

test('what a tag leads to stays, whatever time passes', async (t) => {
  const registry = await collectedRegistry(t)
  await pushArtifact(registry.service, app, first, ['1'])
  const child = await pushArtifact(registry.service, app, second_)
  await registry.service.manifests.put(app, { tag: 'i' }, pushed(indexOf([second_])))
  await registry.settle()
  await registry.settle()
  t.is(await stored(registry, [...contentOf(first), ...contentOf(second_), child]), 7)
  t.deepEqual(await checkRegistry(registry), [])
})

test('an image without its tag goes, first the manifest after its time, then its blobs', async (t) => {
  const registry = await collectedRegistry(t)
  const { service, collector, pass } = registry
  await pushArtifact(service, app, first, ['1'])
  await service.manifests.remove(app, { tag: '1' })
  pass(hour + second)
  await collector.run()
  t.is(await stored(registry, contentOf(first)), 3, 'the time of untagged manifests is not over')
  pass(day)
  t.like(await collector.run(), { manifests: 1, links: 0 })
  t.is(await stored(registry, contentOf(first)), 2)
  pass(hour + second)
  t.like(await collector.run(), { manifests: 0, links: 2, blobs: 2 })
  t.is(await stored(registry, contentOf(first)), 0)
  t.deepEqual(await checkRegistry(registry), [])
  t.is(await registry.metadata.get(repositoryRows.key(app)), undefined)
})

test('nothing is left of what went', async (t) => {
  const registry = await collectedRegistry(t)
  const { service, metadata } = registry
  const index = indexOf([first])
  await pushArtifact(service, app, first, ['1'])
  await pushArtifact(service, app, index, ['i'])
  await pushArtifact(service, app, imageOf('sig', subjectOf(first)))
  await service.manifests.remove(app, { tag: '1' })
  await service.manifests.remove(app, { tag: 'i' })
  await registry.settle()
  const left = (await metadata.list({ prefix: '', limit: 100 })).map(({ key }) => key)
  t.deepEqual(
    left.filter((key) => !/^(?:history|gone|setting|usage|last) /.test(key)),
    [],
  )
})

test('blobs that no manifest came to refer to go, with the bytes where nobody else has them', async (t) => {
  const registry = await collectedRegistry(t)
  const [own, shared] = [Buffer.from('own'), Buffer.from('shared')]
  for (const blob of [own, shared]) await pushBlob(registry.service, app, blob)
  await registry.service.blobs.mount(other, digestOf(shared), { from: app })
  const image = artifactOf({ config: descriptor(shared), layers: [] })
  await registry.service.manifests.put(other, { tag: '1' }, pushed(image))
  const round = await registry.settle()
  t.is(round.failures, 0)
  t.is(await stored(registry, [digestOf(own), digestOf(shared)]), 1)
  t.is(await registry.metadata.get(linkRows.key(app, digestOf(shared))), undefined)
  await t.notThrowsAsync(registry.service.blobs.size(other, digestOf(shared)))
  await t.throwsAsync(registry.service.blobs.size(app, digestOf(shared)), { code: 'BLOB_UNKNOWN' })
  t.is(registry.collector.total.freed, own.length)
  t.is(registry.collector.total.links, 2)
})

function descriptor(bytes: Buffer): object {
  return { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(bytes), size: bytes.length }
}

test('nothing goes before the delay, and all is looked at after it', async (t) => {
  const { service, collector, pass } = await collectedRegistry(t, { gc: { lease: 0 } })
  await pushBlob(service, app, Buffer.from('x'))
  pass(hour - 2 * second)
  t.is((await collector.run()).reviewed, 0)
  pass(4 * second)
  t.like(await collector.run(), { reviewed: 1, links: 1, held: [] })
})

test('what is pushed, mounted or asked for before a push is leased', async (t) => {
  const registry = await collectedRegistry(t, { gc: { delay: 0 } })
  const { service, collector, pass } = registry
  const digest = await pushBlob(service, app, Buffer.from('x'))
  pass(hour - second)
  t.like(await collector.run(), { reviewed: 1, links: 0 })
  t.true(await service.blobs.mount(other, digest, { from: app }))
  await service.lease(app, digest)
  pass(hour - second)
  t.like(await collector.run(), { links: 0 })
  pass(2 * second)
  t.like(await collector.run(), { links: 2, blobs: 1 })
})

test('a push of hours keeps its first layer', async (t) => {
  const { service, collector, pass } = await collectedRegistry(t, { gc: { delay: 0 } })
  const layer = first.blobs[1] ?? Buffer.alloc(0)
  const digest = await pushBlob(service, app, layer)
  for (let i = 0; i < 10; i++) {
    pass(40 * minute)
    await pushBlob(service, app, Buffer.from(`layer ${i}`))
    await collector.run()
  }
  await t.notThrowsAsync(service.blobs.size(app, digest))
  await pushArtifact(service, app, first, ['1'])
})

test('a repository that is pushed to all the time does not keep everything', async (t) => {
  const { service, collector, pass } = await collectedRegistry(t, { gc: { delay: 0 } })
  const digest = await pushBlob(service, app, Buffer.from('x'))
  for (let i = 0; i < 40; i++) {
    pass(40 * minute)
    await service.uploads.start(app)
    await collector.run()
  }
  await t.throwsAsync(service.blobs.size(app, digest), { code: 'BLOB_UNKNOWN' })
})

test('after a start nothing goes as long as a lease of the process before could last', async (t) => {
  const registry = await collectedRegistry(t, { gc: { delay: 0 }, isFresh: true })
  const { collector, pass, service, metadata, driver } = registry
  await pushBlob(service, app, Buffer.from('x'))
  const again = await collectedRegistry(t, { gc: { delay: 0 }, isFresh: true, metadata, driver })
  again.clock.now += 2 * second
  const round = await again.collector.run()
  t.is(round.reviewed, 0)
  t.regex(round.held.join(), /before the start/)
  again.pass(hour)
  t.like(await again.collector.run(), { links: 1 })
  pass(0)
  t.truthy(collector)
})

test('untagged manifests stay where the configuration says so', async (t) => {
  const registry = await collectedRegistry(t)
  registry.settings.untagged = { remove: false, keep: 0 }
  await pushArtifact(registry.service, app, first)
  registry.pass(30 * day)
  t.like(await registry.collector.run(), { manifests: 0 })
  t.is(await stored(registry, contentOf(first)), 3)
  registry.settings.untagged = { remove: true, keep: 0 }
  registry.pass(2 * day)
  t.like(await registry.collector.run(), { manifests: 1 })
})

test('the time of an untagged manifest begins anew when it is pushed or loses its tag again', async (t) => {
  const { service, collector, pass } = await collectedRegistry(t)
  const digest = await pushArtifact(service, app, first)
  pass(day - hour)
  await collector.run()
  await service.manifests.put(app, { digest }, pushed(first))
  pass(2 * hour)
  t.like(await collector.run(), { manifests: 0 })
  await service.manifests.put(app, { tag: '1' }, pushed(first))
  pass(2 * day)
  t.like(await collector.run(), { manifests: 0 })
  await service.manifests.remove(app, { tag: '1' })
  pass(day - hour)
  t.like(await collector.run(), { manifests: 0 })
  pass(2 * hour)
  t.like(await collector.run(), { manifests: 1 })
})

test('referrers of what is there stay, and go with their subject', async (t) => {
  const registry = await collectedRegistry(t)
  const { service } = registry
  const signature = imageOf('sig', subjectOf(first))
  const onSignature = imageOf('sig of sig', subjectOf(signature))
  await pushArtifact(service, app, first, ['1'])
  await pushArtifact(service, app, signature)
  await pushArtifact(service, app, onSignature)
  await registry.settle()
  t.is(await stored(registry, [first, signature, onSignature].flatMap(contentOf)), 9)
  await service.manifests.remove(app, { tag: '1' })
  registry.pass(day + 2 * hour)
  await registry.collector.run()
  t.is(await registry.metadata.get(manifestRows.key(app, first.digest)), undefined)
  // What it kept was of no use for as long: only the delay passes for each of them.
  for (let i = 0; i < 2; i++) {
    registry.pass(hour + second)
    await registry.collector.run()
    await registry.collector.run()
  }
  t.is(await registry.metadata.get(manifestRows.key(app, onSignature.digest)), undefined)
  await registry.settle()
  t.is(await stored(registry, [first, signature, onSignature].flatMap(contentOf)), 0)
})

test('a referrer whose subject never came goes after its time, and one that has a tag stays', async (t) => {
  const registry = await collectedRegistry(t)
  const [dangling, tagged] = [imageOf('d', subjectOf(first)), imageOf('t', subjectOf(first))]
  await pushArtifact(registry.service, app, dangling)
  await pushArtifact(registry.service, app, tagged, ['t'])
  await registry.settle()
  t.is(await stored(registry, contentOf(dangling)), 0)
  t.is(await stored(registry, contentOf(tagged)), 3)
})

test('hundreds of referrers go, with no change that has them all', async (t) => {
  const registry = await collectedRegistry(t)
  await pushArtifact(registry.service, app, first, ['1'])
  const many = Array.from({ length: 230 }, (_, i) =>
    artifactOf({ mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [], n: i, ...subjectOf(first) }),
  )
  for (const each of many) await registry.service.manifests.put(app, { digest: each.digest }, pushed(each))
  await registry.settle()
  t.is(
    await stored(
      registry,
      many.map(({ digest }) => digest),
    ),
    230,
  )
  await registry.service.manifests.remove(app, { digest: first.digest })
  await registry.settle()
  t.is(
    await stored(
      registry,
      many.map(({ digest }) => digest),
    ),
    0,
  )
  t.deepEqual(await registry.metadata.list({ prefix: reviewRows.prefix(), limit: 9 }), [])
})

test('children of an index stay with it, also through one of a type that nobody knows', async (t) => {
  const registry = await collectedRegistry(t)
  const { service } = registry
  await pushArtifact(service, app, first)
  const odd = artifactOf({
    mediaType: 'application/vnd.example.thing+json',
    parts: [{ deep: { digest: first.digest, size: first.bytes.length } }],
    extra: { digest: await pushBlob(service, app, Buffer.from('extra')) },
  })
  await pushArtifact(service, app, odd)
  await pushArtifact(service, app, indexOf([odd]), ['i'])
  await registry.settle()
  t.is(await stored(registry, [...contentOf(first), odd.digest, digestOf('extra')]), 5)
  await service.manifests.remove(app, { tag: 'i' })
  await registry.settle()
  t.is(await stored(registry, [...contentOf(first), odd.digest, digestOf('extra')]), 0)
})

test('layers that need not be pushed stay when they are', async (t) => {
  const registry = await collectedRegistry(t)
  const digest = await pushBlob(registry.service, app, Buffer.from('foreign'))
  const config = Buffer.from('{}')
  await pushBlob(registry.service, app, config)
  const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar'
  const image = artifactOf({ config: descriptor(config), layers: [{ mediaType, digest, size: 7 }] })
  await registry.service.manifests.put(app, { tag: '1' }, pushed(image))
  await registry.settle()
  t.is(await stored(registry, [digest]), 1)
})

test('a manifest pushed again as another type refers to other things', async (t) => {
  const registry = await collectedRegistry(t)
  const { service, metadata } = registry
  for (const blob of first.blobs) await pushBlob(service, app, blob)
  const document = JSON.parse(first.bytes.toString()) as { mediaType?: string }
  delete document.mediaType
  const bytes = Buffer.from(JSON.stringify(document))
  const ref = { tag: '1' }
  await service.manifests.put(app, ref, { bytes, contentType: 'application/vnd.oci.image.manifest.v1+json' })
  const { digest } = await service.manifests.put(app, ref, {
    bytes,
    contentType: 'application/vnd.oci.image.index.v1+json',
  })
  const value = await metadata.get(refersRows.key(app, digest))
  t.deepEqual(refersRows.parse('refers', value ?? ''), { blobs: [], manifests: [] })
  t.deepEqual(await metadata.list({ prefix: useRows.prefix(app), limit: 9 }), [])
  await registry.settle()
  t.is(await stored(registry, contentOf(first).slice(0, 2)), 0)
})

test('a digest that is a blob and a manifest of the repository goes as both, or stays as both', async (t) => {
  const registry = await collectedRegistry(t)
  await pushArtifact(registry.service, app, first, ['1'])
  await pushBlob(registry.service, app, first.bytes)
  await registry.settle()
  t.is(await stored(registry, contentOf(first)), 3)
  await registry.service.manifests.remove(app, { tag: '1' })
  await registry.settle()
  t.is(await stored(registry, contentOf(first)), 0)
  t.deepEqual(await checkRegistry(registry, { stored: [] }), [])
  t.deepEqual(await registry.metadata.list({ prefix: looseRows.prefix(), limit: 9 }), [])
})

import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { RegistryError } from '../protocol/error.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { blobRows, doomedRows, historyRows } from '../storage/rows.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { artifactOf, imageOf, indexOf, named, pushArtifact, pushBlob, pushed, subjectOf } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'

const app = named('team/app')
const all = { count: 1000, last: undefined }
const code = (wanted: string): { code: string } => ({ code: wanted })

test('a manifest comes back byte for byte with its type, by digest and by each tag', async (t) => {
  const { service } = await memoryRegistry()
  const image = imageOf('a')
  const bytes = Buffer.from(`\n${image.bytes.toString().replaceAll(',', ' ,\t')}\n`)
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  const { digest } = await service.manifests.put(app, { tag: '1.0' }, { ...pushed(image, ['latest']), bytes })
  t.is(digest, digestOf(bytes))
  for (const ref of [{ digest }, { tag: '1.0' }, { tag: 'latest' }]) {
    const found = await service.manifests.get(app, ref)
    t.deepEqual([found.digest, found.mediaType, Buffer.from(found.bytes)], [digest, image.mediaType, bytes])
  }
  t.deepEqual((await service.tags(app, all)).items, ['1.0', 'latest'])
})

test('what is not there is MANIFEST_UNKNOWN, in a repository that is not there NAME_UNKNOWN', async (t) => {
  const { service } = await memoryRegistry()
  const digest = digestOf('nothing')
  for (const ref of [{ tag: 'x' }, { digest }]) {
    await t.throwsAsync(service.manifests.get(app, ref), code('NAME_UNKNOWN'))
    await t.throwsAsync(service.manifests.remove(app, ref), code('NAME_UNKNOWN'))
  }
  await pushBlob(service, app, Buffer.from('first blob'))
  await t.throwsAsync(service.manifests.get(app, { tag: 'x' }), code('MANIFEST_UNKNOWN'))
  await pushArtifact(service, app, imageOf('a'), ['1'])
  for (const ref of [{ tag: 'x' }, { digest }]) {
    await t.throwsAsync(service.manifests.get(app, ref), code('MANIFEST_UNKNOWN'))
    await t.throwsAsync(service.manifests.remove(app, ref), code('MANIFEST_UNKNOWN'))
  }
  await t.throwsAsync(service.manifests.get(named('team/ap'), { tag: '1' }), code('NAME_UNKNOWN'))
})

test('a blob is no manifest, and a manifest no blob', async (t) => {
  const { service } = await memoryRegistry()
  const image = imageOf('a')
  const digest = await pushArtifact(service, app, image)
  const config = digestOf(image.blobs[0] ?? '')
  await t.throwsAsync(service.manifests.get(app, { digest: config }), code('MANIFEST_UNKNOWN'))
  await t.throwsAsync(service.blobs.open(app, digest), code('BLOB_UNKNOWN'))
  await t.throwsAsync(service.manifests.get(named('other'), { digest }), code('NAME_UNKNOWN'))
})

test('a manifest pushed by sha512 is known by that digest alone, by its tags as well', async (t) => {
  const { service } = await memoryRegistry()
  const image = imageOf('a')
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  const digest = digestOf(image.bytes, 'sha512')
  const accepted = await service.manifests.put(app, { digest }, pushed(image, ['a', 'b']))
  t.is(accepted.digest, digest)
  for (const ref of [{ digest }, { tag: 'a' }, { tag: 'b' }])
    t.is((await service.manifests.get(app, ref)).digest, digest)
  await t.throwsAsync(service.manifests.get(app, { digest: image.digest }), code('MANIFEST_UNKNOWN'))
})

test('a digest of other bytes is DIGEST_INVALID, and nothing is stored', async (t) => {
  const { service, driver } = await memoryRegistry()
  const image = imageOf('a')
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  for (const digest of [digestOf('other'), digestOf('other', 'sha512')]) {
    await t.throwsAsync(service.manifests.put(app, { digest }, pushed(image, ['1'])), code('DIGEST_INVALID'))
  }
  t.is(await driver.size(image.digest), undefined)
  t.deepEqual((await service.tags(app, all)).items, [])
})

test('an image is refused with an error for each blob that is missing, and nothing is stored', async (t) => {
  const { service, driver } = await memoryRegistry()
  const image = imageOf('a')
  const [config, layer] = image.blobs.map((blob) => digestOf(blob))
  const several = await t.throwsAsync<AggregateError>(service.manifests.put(app, { tag: '1' }, pushed(image)), {
    instanceOf: AggregateError,
  })
  const told = (several?.errors ?? []) as RegistryError[]
  t.deepEqual(
    told.map((error) => [error.code, error.status, (error.detail as { digest: string }).digest]),
    [config, layer].map((digest) => ['MANIFEST_BLOB_UNKNOWN', 400, digest]),
  )
  await pushBlob(service, app, image.blobs[0] ?? Buffer.of())
  await pushBlob(service, named('other'), image.blobs[1] ?? Buffer.of())
  const one = await t.throwsAsync<RegistryError>(service.manifests.put(app, { tag: '1' }, pushed(image)), {
    code: 'MANIFEST_BLOB_UNKNOWN',
  })
  t.like(one?.detail, { digest: layer }, 'a blob of another repository does not count')
  t.is(await driver.size(image.digest), undefined)
  await pushBlob(service, app, image.blobs[1] ?? Buffer.of())
  await t.notThrowsAsync(service.manifests.put(app, { tag: '1' }, pushed(image)))
})

for (const [sparse, image, index] of [
  ['refuse', false, false],
  ['index', false, true],
  ['accept', true, true],
] as const) {
  test(`sparse ${sparse}: ${image ? 'takes' : 'refuses'} images without blobs, ${index ? 'takes' : 'refuses'} indexes without manifests`, async (t) => {
    const { service } = await memoryRegistry({ sparse })
    const put = async (isTaken: boolean, artifact: ReturnType<typeof imageOf>): Promise<void> => {
      const work = service.manifests.put(app, { digest: artifact.digest }, pushed(artifact))
      await (isTaken ? t.notThrowsAsync(work) : t.throwsAsync(work))
    }
    await put(image, artifactOf({ config: { mediaType: 'a/b', digest: digestOf('x'), size: 1 }, layers: [] }))
    const child = imageOf('child')
    await put(index, indexOf([child]))
    await pushArtifact(service, app, child)
    await put(true, indexOf([child]))
    await put(true, indexOf([]))
  })
}

test('layers that lie elsewhere are not asked for', async (t) => {
  const { service } = await memoryRegistry()
  const elsewhere = {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: digestOf('foreign'),
    size: 7,
    urls: ['https://example.com/layer'],
  }
  const image = imageOf('a', { layers: [elsewhere] })
  await t.notThrowsAsync(pushArtifact(service, app, image))
})

test('documents of any type, unknown members, and content in a descriptor are kept as they are', async (t) => {
  const { service } = await memoryRegistry()
  const empty = Buffer.from('{}')
  await pushBlob(service, app, empty)
  const config = { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: 2, data: 'e30=', 'org.unknown': [1] }
  for (const artifact of [
    artifactOf({ config, layers: [], 'x-unknown': { a: null } }),
    artifactOf({ mediaType: 'application/vnd.example.future.v9+json', references: ['anything'] }),
    artifactOf({ mediaType: mediaTypes.ociIndex, manifests: [], artifactType: 'a/b' }),
    artifactOf({ config, layers: null, annotations: { big: 'x'.repeat(3_900_000) } }),
  ]) {
    const digest = await pushArtifact(service, app, artifact)
    t.deepEqual(Buffer.from((await service.manifests.get(app, { digest })).bytes), artifact.bytes)
  }
})

test('what is no manifest is refused: no JSON, two types, too large', async (t) => {
  const { service } = await memoryRegistry()
  const put = (bytes: Buffer, contentType: string): Promise<unknown> =>
    service.manifests.put(app, { tag: '1' }, { bytes, contentType })
  await t.throwsAsync(put(Buffer.from('x'), mediaTypes.ociManifest), code('MANIFEST_INVALID'))
  await t.throwsAsync(put(imageOf('a').bytes, mediaTypes.ociIndex), code('MANIFEST_INVALID'))
  const error = await t.throwsAsync(put(Buffer.alloc(4 * 1024 * 1024 + 1), 'a/b'), code('MANIFEST_INVALID'))
  t.is((error as RegistryError).status, 413)
})

test('a tag is moved, and what it led to stays', async (t) => {
  const { service } = await memoryRegistry()
  const first = await pushArtifact(service, app, imageOf('1'), ['latest'])
  const second = await pushArtifact(service, app, imageOf('2'), ['latest'])
  t.is((await service.manifests.get(app, { tag: 'latest' })).digest, second)
  t.is((await service.manifests.get(app, { digest: first })).digest, first)
})

test('the moves of a tag are remembered, its removal too, and pushing the same again is no move', async (t) => {
  const { service, metadata } = await memoryRegistry()
  const one = await pushArtifact(service, app, imageOf('1'), ['latest', 'lates'])
  await pushArtifact(service, app, imageOf('1'), ['latest'])
  const two = await pushArtifact(service, app, imageOf('2'), ['latest'])
  await service.manifests.remove(app, { tag: 'latest' })
  await pushArtifact(service, app, imageOf('1'), ['latest'])
  await service.manifests.remove(app, { digest: one })
  const rows = await metadata.list({ prefix: historyRows.prefix(app, 'latest'), limit: 100 })
  t.deepEqual(
    rows.map(({ key, value }) => historyRows.parse(key, value).digest),
    [one, two, undefined, one, undefined],
  )
})

test('of the moves of a tag the last hundred are remembered', async (t) => {
  const { service, metadata } = await memoryRegistry()
  const digests = [
    await pushArtifact(service, app, imageOf('1')),
    await pushArtifact(service, app, imageOf('2')),
  ] as const
  const images = [imageOf('1'), imageOf('2')]
  for (let i = 0; i < 130; i++) {
    await service.manifests.put(app, { tag: 't' }, pushed(images[i % 2] ?? imageOf('1')))
  }
  const rows = await metadata.list({ prefix: historyRows.prefix(app, 't'), limit: 1000 })
  t.is(rows.length, 100)
  const last = rows.at(-1)
  t.is(last && historyRows.parse(last.key, last.value).digest, digests[1])
})

test('removing a tag removes it alone', async (t) => {
  const { service } = await memoryRegistry()
  const digest = await pushArtifact(service, app, imageOf('a'), ['1', '10', '1-a'])
  await service.manifests.remove(app, { tag: '1' })
  await t.throwsAsync(service.manifests.get(app, { tag: '1' }), code('MANIFEST_UNKNOWN'))
  t.deepEqual((await service.tags(app, all)).items, ['1-a', '10'])
  t.is((await service.manifests.get(app, { digest })).digest, digest)
  await t.throwsAsync(service.manifests.remove(app, { tag: '1' }), code('MANIFEST_UNKNOWN'))
})

test('removing a manifest removes its tags and bytes at once, in this repository only', async (t) => {
  const { service, driver } = await memoryRegistry()
  const other = named('team/app2')
  const [image, rest] = [imageOf('a'), imageOf('b')]
  const digest = await pushArtifact(service, app, image, ['1', '2'])
  await pushArtifact(service, app, rest, ['3'])
  await pushArtifact(service, other, image, ['1'])
  await service.manifests.remove(app, { digest })
  for (const ref of [{ digest }, { tag: '1' }, { tag: '2' }]) {
    t.is(service.manifests.peek(app, ref), undefined)
    await t.throwsAsync(service.manifests.get(app, ref), code('MANIFEST_UNKNOWN'))
  }
  t.deepEqual((await service.tags(app, all)).items, ['3'])
  t.is((await service.manifests.get(other, { tag: '1' })).digest, digest)
  await service.manifests.remove(other, { digest })
  t.is(await driver.size(digest), undefined, 'nobody has it any more')
})

test('a manifest with very many tags is removed by changes that are not large', async (t) => {
  const memory = createMemoryMetadata()
  let most = 0
  const metadata: RowStore = {
    ...memory,
    commit: async (change) => {
      most = Math.max(most, (change.put?.length ?? 0) + (change.remove?.length ?? 0))
      await memory.commit(change)
    },
  }
  const { service, driver } = await memoryRegistry({ metadata })
  const digest = await pushArtifact(service, app, imageOf('a'))
  await pushArtifact(service, app, imageOf('b'), ['other'])
  for (let from = 0; from < 2500; from += 100) {
    const tags = Array.from({ length: 100 }, (_, n) => `t${from + n}`)
    await service.manifests.put(app, { digest }, pushed(imageOf('a'), tags))
  }
  await service.manifests.remove(app, { digest })
  t.true(most < 5000, `${most} rows`)
  t.deepEqual((await service.tags(app, all)).items, ['other'])
  t.is(service.manifests.peek(app, { tag: 't0' }), undefined)
  t.deepEqual(await checkRegistry({ metadata, driver }), [])
})

test('bytes that were pushed as a blob too go with the last who has them, whichever goes first', async (t) => {
  for (const first of ['blob', 'manifest']) {
    const { service, driver, metadata } = await memoryRegistry()
    const image = imageOf('a')
    const digest = await pushArtifact(service, app, image)
    await pushBlob(service, app, image.bytes)
    if (first === 'manifest') await service.manifests.remove(app, { digest })
    await service.blobs.remove(app, digest)
    t.is(await driver.size(digest), first === 'manifest' ? undefined : image.bytes.length)
    if (first === 'blob') await service.manifests.remove(app, { digest })
    t.is(await driver.size(digest), undefined)
    t.is(await metadata.get(blobRows.key(digest)), undefined)
    t.deepEqual(await metadata.list({ prefix: doomedRows.prefix(), limit: 9 }), [])
  }
})

test('after a removal the same is pushed again', async (t) => {
  const { service } = await memoryRegistry()
  const image = imageOf('a')
  for (let i = 0; i < 3; i++) {
    const digest = await pushArtifact(service, app, image, ['1'])
    t.is((await service.manifests.get(app, { tag: '1' })).digest, digest)
    await service.manifests.remove(app, { digest })
    await t.throwsAsync(service.manifests.get(app, { tag: '1' }))
  }
})

test('what is asked for often is at hand without waiting, and never what is no longer so', async (t) => {
  const { service } = await memoryRegistry()
  const first = await pushArtifact(service, app, imageOf('1'), ['latest'])
  t.is(service.manifests.peek(app, { tag: 'latest' })?.digest, first)
  t.is(service.manifests.peek(app, { tag: 'other' }), undefined)
  t.is(service.manifests.peek(named('other'), { digest: first }), undefined)
  const second = await pushArtifact(service, app, imageOf('2'), ['latest'])
  t.is(service.manifests.peek(app, { tag: 'latest' })?.digest, second)
  await service.manifests.remove(app, { tag: 'latest' })
  t.is(service.manifests.peek(app, { tag: 'latest' }), undefined)
})

test('what is asked for while others are pushed and removed is at hand afterwards', async (t) => {
  const { service, driver, metadata } = await memoryRegistry()
  const digest = await pushArtifact(service, app, imageOf('a'), ['a'])
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const slow: BlobDriver = {
    ...driver,
    open: async (asked) => {
      if (asked === digest) await held
      return driver.open(asked)
    },
  }
  const { service: busy } = await memoryRegistry({ driver: slow, metadata })
  const asked = busy.manifests.get(app, { tag: 'a' })
  await pushArtifact(busy, app, imageOf('b'), ['b'])
  await busy.manifests.remove(app, { tag: 'b' })
  release()
  await asked
  t.is(busy.manifests.peek(app, { tag: 'a' })?.digest, digest)
})

test('at most a hundred tags are set by one push', async (t) => {
  const { service } = await memoryRegistry()
  const tags = Array.from({ length: 101 }, (_, i) => `t${i}`)
  await t.throwsAsync(pushArtifact(service, app, imageOf('a'), tags), code('TAG_INVALID'))
  await pushArtifact(service, app, imageOf('a'), [...tags.slice(0, 100), 't0', 't0'])
  t.is((await service.tags(app, all)).items.length, 100)
  await t.throwsAsync(pushArtifact(service, app, imageOf('a'), ['.x']), code('TAG_INVALID'))
})

test('the subject of a manifest is told, whether it is there or not', async (t) => {
  const { service } = await memoryRegistry()
  const subject = imageOf('subject')
  const image = imageOf('referrer', subjectOf(subject))
  for (const blob of image.blobs) await pushBlob(service, app, blob)
  for (const ref of [{ tag: 'x' }, { digest: image.digest }]) {
    t.is((await service.manifests.put(app, ref, pushed(image))).subject, subject.digest)
  }
})

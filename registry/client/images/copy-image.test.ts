import test from 'ava'
import { MemoryRegistry } from '../../../e2e/testing/memory-registry.ts'
import { digestOf, hexOf } from '../../../shared/base/digest.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { parsePlatform } from '../../../shared/oci/platform.ts'
import { copyImage } from './copy-image.ts'
import { digestAt, putDocument, putImage, putIndex } from './testing.ts'

interface Bench {
  readonly registry: MemoryRegistry
  readonly source: ReturnType<MemoryRegistry['repository']>
  readonly target: ReturnType<MemoryRegistry['repository']>
}

function bench(target = { domain: 'b', path: 'team/app' }): Bench {
  const registry = new MemoryRegistry()
  return { registry, source: registry.repository({ domain: 'a', path: 'app' }), target: registry.repository(target) }
}

const arm = { os: 'linux', architecture: 'arm64' }
const amd = { os: 'linux', architecture: 'amd64' }

async function multi({ source }: Bench, ref = 'multi'): Promise<{ index: Descriptor; children: Descriptor[] }> {
  const children = [
    { ...(await putImage(source, { layers: ['x', 'arm'], platform: arm })), platform: arm },
    { ...(await putImage(source, { layers: ['x', 'amd'], platform: amd })), platform: amd },
  ]
  return { index: await putIndex(source, children, ref), children }
}

test('an image comes over byte for byte, its name last', async (t) => {
  const { source, target, registry } = bench()
  const image = await putImage(source, { layers: ['one', 'two'] }, '1')
  const copied = await copyImage({ repository: source, ref: '1' }, { repository: target, ref: '2' })
  t.is(copied?.digest, image.digest)
  t.is(
    copied?.bytes,
    [...target.blobs.values()].reduce((sum, blob) => sum + blob.length, 0),
  )
  t.deepEqual(await target.manifest('2'), await source.manifest('1'))
  t.is(target.blobs.size, source.blobs.size)
  for (const [digest, blob] of source.blobs) t.deepEqual(target.blobs.get(digest), blob)
  t.deepEqual(registry.log.filter((entry) => entry.startsWith('put team/app')).at(-1), 'put team/app 2')
})

test('an index comes with all that it names; again, nothing moves', async (t) => {
  const scene = bench()
  const { source, target, registry } = scene
  const { index, children } = await multi(scene)
  await copyImage({ repository: source, ref: 'multi' }, { repository: target, ref: 'multi' })
  t.is(await digestAt(target, 'multi'), index.digest)
  for (const { digest } of children) t.is(await digestAt(target, digest), digest)
  registry.log.length = 0
  const again = await copyImage({ repository: source, ref: 'multi' }, { repository: target, ref: 'multi' })
  t.is(again?.bytes, 0)
  t.deepEqual(registry.said('push', 'get', 'put'), [])
})

test('of an index one platform, or an error that says which there are', async (t) => {
  const scene = bench()
  const { source, target } = scene
  const { children } = await multi(scene)
  const to = { repository: target, ref: '1' }
  await copyImage({ repository: source, ref: 'multi' }, to, { platform: parsePlatform('linux/arm64') })
  t.is(await digestAt(target, '1'), children[0]?.digest)
  t.false(target.blobs.has(digestOf('amd')))
  const error = await t.throwsAsync(
    copyImage({ repository: source, ref: 'multi' }, to, { platform: parsePlatform('linux/s390x') }),
    { code: 'PLATFORM_NOT_FOUND' },
  )
  t.regex(error.message, /linux\/arm64, linux\/amd64/)
})

test('on one host blobs are mounted', async (t) => {
  const { source, target, registry } = bench({ domain: 'a', path: 'other' })
  await putImage(source, { layers: ['one', 'two'] }, '1')
  registry.log.length = 0
  await copyImage({ repository: source, ref: '1' }, { repository: target, ref: '1' })
  t.is(registry.said('mount').length, 3)
  t.deepEqual(registry.said('push', 'get'), [])
})

test('a referrer that is only listed is passed over, a child that is not there is not', async (t) => {
  const scene = bench()
  const { source, target } = scene
  const { children } = await multi(scene)
  const gone = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 }
  source.referrers = async function* () {
    yield gone
  }
  await copyImage({ repository: source, ref: 'multi' }, { repository: target, ref: '1' }, { referrers: true })
  for (const { digest } of children) t.is(await digestAt(target, digest), digest)
  await putIndex(source, [...children, gone], 'broken')
  const broken = copyImage({ repository: source, ref: 'broken' }, { repository: target, ref: '2' }, { referrers: true })
  await t.throwsAsync(broken, { code: 'REGISTRY_NOT_FOUND' })
})

test('referrers come only when asked for, with theirs and those of children, and what cosign tagged', async (t) => {
  const scene = bench()
  const { source, target } = scene
  const { index, children } = await multi(scene)
  const [child] = children
  if (child === undefined) throw new Error('no child')
  const { platform: _, ...subject } = child
  const signature = await putImage(source, { layers: ['signature'], subject, artifactType: 'a/signature' })
  const about = await putImage(source, { layers: ['about the signature'], subject: signature, artifactType: 'a/note' })
  const whole = await putImage(source, { layers: ['sbom'], subject: index, artifactType: 'a/sbom' })
  const tag = `sha256-${hexOf(index.digest)}.sig`
  const cosign = await putImage(source, { layers: ['cosign'] }, tag)

  await copyImage({ repository: source, ref: 'multi' }, { repository: target, ref: 'bare' })
  for (const { digest } of [signature, about, whole, cosign]) t.is(await digestAt(target, digest), undefined)
  await copyImage({ repository: source, ref: 'multi' }, { repository: target, ref: 'all' }, { referrers: true })
  for (const { digest } of [signature, about, whole]) t.is(await digestAt(target, digest), digest)
  t.is(await digestAt(target, tag), cosign.digest)
})

test('manifests that refer to each other in a circle end', async (t) => {
  const { source, target } = bench()
  const image = await putImage(source, { layers: ['one'] }, '1')
  // The stand-in lists what has the subject, so an artifact can be made to be about itself by its place in the list.
  const note = await putImage(source, { layers: ['note'], subject: image })
  source.referrers = async function* () {
    yield note
    yield image
  }
  const copied = await copyImage(
    { repository: source, ref: '1' },
    { repository: target, ref: '1' },
    { referrers: true },
  )
  t.is(copied?.manifests, 2)
})

test('layers that lie elsewhere by their type are not asked for', async (t) => {
  const { source, target } = bench()
  const foreign = {
    mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    digest: digestOf('windows'),
    size: 7,
    urls: ['https://example.com/layer'],
  }
  const config = { mediaType: mediaTypes.dockerConfig, digest: digestOf('{}'), size: 2 }
  await source.pushBlob(config, async function* () {
    yield Buffer.from('{}')
  })
  const document = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers: [foreign] } as const
  await putDocument(source, document, '1')
  await copyImage({ repository: source, ref: '1' }, { repository: target, ref: '1' })
  t.deepEqual(await target.manifest('1'), await source.manifest('1'))
})

test('artifacts of any type are copied; what is not there is undefined', async (t) => {
  const { source, target } = bench()
  const document = { schemaVersion: 2, mediaType: 'application/vnd.example.thing+json', anything: true } as const
  await putDocument(source, document, 'thing')
  await copyImage({ repository: source, ref: 'thing' }, { repository: target, ref: 'thing' })
  t.deepEqual(await target.manifest('thing'), await source.manifest('thing'))
  t.is(await copyImage({ repository: source, ref: 'no' }, { repository: target, ref: 'no' }), undefined)
})

test('a child that is missing, or bytes that are wrong: an error, and no name', async (t) => {
  const { source, target, registry } = bench()
  const child = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4 }
  await putIndex(source, [child], 'holes')
  await t.throwsAsync(copyImage({ repository: source, ref: 'holes' }, { repository: target, ref: 'x' }), {
    code: 'REGISTRY_NOT_FOUND',
  })
  await putImage(source, { layers: ['one'] }, '1')
  registry.content.set(digestOf('one'), async function* () {
    yield Buffer.from('two')
  })
  await t.throwsAsync(copyImage({ repository: source, ref: '1' }, { repository: target, ref: 'x' }), {
    code: 'DIGEST_MISMATCH',
  })
  t.is(target.tagged.size, 0)
})

test('indexes inside each other beyond a depth are refused', async (t) => {
  const { source, target } = bench()
  let inner = await putImage(source, { layers: ['one'] })
  for (let i = 0; i < 20; i++) inner = await putIndex(source, [inner])
  await putIndex(source, [inner], 'deep')
  await t.throwsAsync(copyImage({ repository: source, ref: 'deep' }, { repository: target, ref: 'x' }), {
    code: 'MANIFEST_INVALID',
  })
})

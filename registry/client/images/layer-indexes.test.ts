import test from 'ava'
import { MemoryRegistry } from '../../../e2e/testing/memory-registry.ts'
import { digestOf } from '../../../shared/base/digest.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { indexTypes } from '../../../shared/oci/layer-indexes.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type CopyOptions, copyImage } from './copy-image.ts'
import { joinIndex } from './join-index.ts'
import { digestAt, putDocument, putImage, putIndex, putIndexedImage } from './testing.ts'

function bench() {
  const registry = new MemoryRegistry()
  const [source, target] = [
    registry.repository({ domain: 'a', path: 'app' }),
    registry.repository({ domain: 'b', path: 'team/app' }),
  ]
  const copy = (ref: string, options?: CopyOptions) =>
    copyImage({ repository: source, ref }, { repository: target, ref }, options)
  return { registry, source, target, copy }
}

const arm = { os: 'linux', architecture: 'arm64' }

test('the layer indexes of an image come with it, before its name; again, nothing moves', async (t) => {
  const { registry, source, target, copy } = bench()
  const { image, artifact } = await putIndexedImage(source, { layers: ['one'] }, '1')
  const copied = await copy('1')
  t.is(copied?.digest, image.digest)
  t.is(copied?.manifests, 2)
  t.is(await digestAt(target, artifact.digest), artifact.digest)
  t.deepEqual([...target.blobs.keys()].sort(), [...source.blobs.keys()].sort())
  t.is(registry.log.filter((entry) => entry.startsWith('put team/app')).at(-1), 'put team/app 1')
  registry.log.length = 0
  const again = await copy('1')
  t.deepEqual([again?.bytes, registry.said('push', 'get', 'put')], [0, []])
})

test('a copy that was made without them gets them later', async (t) => {
  const { source, target, copy } = bench()
  const { artifact } = await putIndexedImage(source, { layers: ['one'] }, '1')
  await copy('1', { layerIndexes: false })
  t.is(await digestAt(target, artifact.digest), undefined)
  t.is(target.blobs.size, 2)
  await copy('1')
  t.is(await digestAt(target, artifact.digest), artifact.digest)
})

test('those of all images of an index come, and only they: a signature does not', async (t) => {
  const { source, target, copy } = bench()
  const plain = await putIndexedImage(source, { layers: ['one'] })
  const other = await putIndexedImage(source, { layers: ['two'], platform: arm })
  await putIndex(source, [plain.image, other.image], 'multi')
  const signature = await putImage(source, { layers: ['s'], subject: plain.image, artifactType: 'a/signature' })
  await copy('multi')
  for (const { artifact } of [plain, other]) t.is(await digestAt(target, artifact.digest), artifact.digest)
  t.is(await digestAt(target, signature.digest), undefined)
})

test('with referrers each is copied once', async (t) => {
  const { registry, source, copy } = bench()
  const { artifact } = await putIndexedImage(source, { layers: ['one'] }, '1')
  const copied = await copy('1', { referrers: true })
  t.is(copied?.manifests, 2)
  t.is(registry.log.filter((entry) => entry === `put team/app ${artifact.digest}`).length, 1)
})

test('an image that names no list costs no request', async (t) => {
  const { registry, source, copy } = bench()
  await putImage(source, { layers: ['one'] }, '1')
  await copy('1')
  t.deepEqual(registry.said('referrers'), [])
})

test('what only says that it is the indexes of the image, and is not what its manifest names, stays', async (t) => {
  const { source, target, copy } = bench()
  const { image, artifact } = await putIndexedImage(source, { layers: ['one'] }, '1')
  const config = { mediaType: indexTypes.list, digest: digestOf('list of one'), size: 11 }
  const large = { mediaType: 'application/octet-stream', digest: digestOf('one'), size: 3 }
  const type = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: indexTypes.artifact }
  const more = await putDocument(source, { ...type, config, layers: [large], subject: image } as { mediaType: string })
  const foreign = { ...config, digest: digestOf('one'), size: 3 }
  const other = await putDocument(source, { ...type, config: foreign, layers: [], subject: image } as never)
  const real = source.referrers.bind(source)
  source.referrers = async function* (subject, options) {
    yield* [more, other]
    yield* real(subject, options)
  }
  await copy('1')
  for (const each of [more, other]) t.is(await digestAt(target, each.digest), undefined)
  t.is(await digestAt(target, artifact.digest), artifact.digest)
})

test('a registry that lists no referrers, or takes none, has the image all the same, and it is told', async (t) => {
  for (const side of ['source', 'target'] as const) {
    const scene = bench()
    const { source, target, copy } = scene
    const { image, artifact } = await putIndexedImage(source, { layers: ['one'] }, '1')
    const refusal = new IbuildError('REGISTRY_REFUSED', 'no artifacts here')
    if (side === 'source') {
      source.referrers = async function* () {
        yield* []
        throw refusal
      }
    } else {
      const put = target.putManifest.bind(target)
      target.putManifest = async (ref, manifest) => {
        if (ref === artifact.digest) throw refusal
        return put(ref, manifest)
      }
    }
    const warnings: string[] = []
    const copied = await copy('1', { onWarning: (warning) => warnings.push(warning) })
    t.is(copied?.digest, image.digest)
    t.is(await digestAt(target, '1'), image.digest)
    t.deepEqual(warnings, ['the indexes of the layers are not copied: no artifacts here'])
  }
})

test('images that are joined bring theirs from another repository', async (t) => {
  const { source, target } = bench()
  const { image, artifact } = await putIndexedImage(source, { layers: ['one'] }, '1')
  await joinIndex(
    { repository: target, ref: 'multi', name: 'b/app:multi' },
    [{ repository: source, ref: '1', name: 'a/app:1' }],
    {},
  )
  t.is(await digestAt(target, image.digest), image.digest)
  t.is(await digestAt(target, artifact.digest), artifact.digest)
})

import test from 'ava'
import type { ImageVerifier } from '../../builder/ports.ts'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { putDocument, putImage, putIndex } from '../../registry/client/images/testing.ts'
import { parseManifestRef, parseName } from '../../registry/protocol/names.ts'
import { memoryRegistry } from '../../registry/service/testing/memory-registry.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { registryMirror } from './registry-mirror.ts'

const image = 'host:5000/team/app:1'
const { signal } = new AbortController()

async function bench(verifier?: ImageVerifier) {
  const elsewhere = new MemoryRegistry()
  const { service } = await memoryRegistry()
  const mirror = registryMirror({ service, client: async () => elsewhere, verifier })
  const tagHere = async (name: string, ref: string) =>
    (await service.manifests.get(parseName(name), parseManifestRef(ref))).digest
  return { elsewhere, there: elsewhere.repository({ domain: 'host:5000', path: 'team/app' }), service, mirror, tagHere }
}

test('an image is copied whole, with what refers to it, and again only when the tag leads elsewhere', async (t) => {
  const { elsewhere, there, service, mirror, tagHere } = await bench()
  const one = await putImage(there, { layers: ['one', 'two'] })
  const index = await putIndex(there, [{ ...one, platform: { os: 'linux', architecture: 'amd64' } }], '1')
  const note = await putImage(there, { layers: ['sbom'], subject: index, artifactType: 'application/x-sbom' })
  t.deepEqual(await mirror.refresh(image, undefined, signal), { digest: index.digest, isNew: true })
  t.is(await tagHere('team/app', '1'), index.digest)
  t.is(await tagHere('team/app', one.digest), one.digest)
  t.is(await service.blobs.size(parseName('team/app'), digestOf('two')), 3)
  const { items } = await service.referrers(parseName('team/app'), index.digest, {
    page: { count: 10, last: undefined },
  })
  t.deepEqual(
    items.map(({ digest }) => digest),
    [note.digest],
  )
  const before = elsewhere.said('get', 'manifest').length
  t.deepEqual(await mirror.refresh(image, undefined, signal), { digest: index.digest, isNew: false })
  t.is(elsewhere.said('get').length + elsewhere.said('manifest').length, before, 'nothing is read that is there')
  const next = await putImage(there, { layers: ['three'] }, '1')
  t.deepEqual(await mirror.refresh(image, undefined, signal), { digest: next.digest, isNew: true })
  t.is(await tagHere('team/app', '1'), next.digest)
  t.is(await tagHere('team/app', index.digest), index.digest, 'what was there stays')
})

test('under another name, latest without a tag; what is not there is told', async (t) => {
  const { there, mirror, tagHere } = await bench()
  const { digest } = await putImage(there, { layers: ['one'] }, 'latest')
  t.like(await mirror.refresh('host:5000/team/app', 'kept/app', signal), { digest, isNew: true })
  t.is(await tagHere('kept/app', 'latest'), digest)
  await t.throwsAsync(mirror.refresh(image, undefined, signal), { code: 'REGISTRY_NOT_FOUND', message: /team\/app:1/ })
})

test('what was signed is copied, not what the registry says; what is not signed is not', async (t) => {
  let signed = digestOf('nothing')
  const refusal = new Error('nobody signed it')
  const { there, mirror, tagHere } = await bench({
    verify: async ({ tag }) => {
      if (tag === 'bad') throw refusal
      return { digest: signed, size: undefined }
    },
    checkUnnamed: async () => undefined,
  })
  const good = await putImage(there, { layers: ['one'] }, '1')
  signed = good.digest
  await putImage(there, { layers: ['evil'] }, '1')
  t.like(await mirror.refresh(image, undefined, signal), { digest: good.digest })
  t.is(await tagHere('team/app', '1'), good.digest)
  await t.throwsAsync(mirror.refresh('host:5000/team/app:bad', undefined, signal), { is: refusal })
})

test('bytes that are wrong leave nothing behind', async (t) => {
  const { elsewhere, there, service, mirror } = await bench()
  await putImage(there, { layers: ['one'] }, '1')
  elsewhere.content.set(digestOf('one'), async function* () {
    yield Buffer.from('two')
  })
  await t.throwsAsync(mirror.refresh(image, undefined, signal))
  t.deepEqual(await service.uploads.list(), [])
  await t.throwsAsync(service.manifests.get(parseName('team/app'), parseManifestRef('1')), { message: /has no tag 1/ })
})

test('an artifact that is no image is kept fresh as well', async (t) => {
  const { there, mirror, tagHere } = await bench()
  const empty = { mediaType: mediaTypes.ociIndex, schemaVersion: 2, manifests: [] }
  const chart = await putDocument(there, empty, '1')
  await mirror.refresh(image, undefined, signal)
  t.is(await tagHere('team/app', '1'), chart.digest)
})

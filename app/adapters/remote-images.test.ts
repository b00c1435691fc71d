import test from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import { putDocument, putImage, putIndex } from '../../registry/client/images/testing.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { Reference } from '../../shared/base/reference.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { parsePlatform } from '../../shared/oci/platform.ts'
import { remoteImages } from './remote-images.ts'

const place = { domain: 'host:5000', path: 'team/app' }
const amd = parsePlatform('linux/amd64')
const attestation = { os: 'unknown', architecture: 'unknown' }

function bench() {
  const registry = new MemoryRegistry()
  const find = async (more: Partial<Reference>, platform = amd) =>
    remoteImages(registry).find({ ...place, ...more }, { platform })
  return { registry, repository: registry.repository(place), find }
}

test('a name without an index is its image; without a tag it is latest', async (t) => {
  const { repository, find } = bench()
  const image = await putImage(repository, { layers: ['one'] }, 'latest')
  const found = await find({})
  t.deepEqual(found?.descriptor, image)
  t.deepEqual(found?.reference, { ...place, tag: 'latest', digest: image.digest })
  t.is(JSON.parse(Buffer.from(found?.config ?? '').toString()).architecture, 'amd64')
  t.is(await find({ tag: 'other' }), undefined)
})

test('through indexes in indexes to the platform; the digest is that of what was asked for', async (t) => {
  const { repository, find } = bench()
  const arm = { ...(await putImage(repository, { layers: ['arm'] })), platform: parsePlatform('linux/arm64') }
  const image = { ...(await putImage(repository, { layers: ['amd'] })), platform: amd }
  const about = { ...arm, digest: digestOf('attestation'), platform: attestation }
  const inner = { ...(await putIndex(repository, [about, arm, image])), platform: amd }
  const outer = await putIndex(repository, [inner], '1')
  const found = await find({ tag: '1' })
  t.is(found?.descriptor.digest, image.digest)
  t.is(found?.reference.digest, outer.digest)
  const pinned = await find({ tag: 'ignored', digest: outer.digest })
  t.is(pinned?.descriptor.digest, image.digest)
})

test('what the registry has beside an image, and contents of its layers, come by their digests', async (t) => {
  const { registry, repository, find } = bench()
  await putImage(repository, { layers: ['one'] }, 'latest')
  const beside = await putDocument(repository, { mediaType: 'application/vnd.example+json' })
  const found = await find({})
  t.is(
    Buffer.from((await found?.document(beside.digest)) ?? '')
      .toString()
      .includes('vnd.example'),
    true,
  )
  t.is(await found?.document(digestOf('none')), undefined)
  const layer = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('one'), size: 3 }
  for (const content of [found?.content(layer), remoteImages(registry).content(place, layer)]) {
    const pieces: Uint8Array[] = []
    for await (const piece of content ?? []) pieces.push(piece)
    t.is(Buffer.concat(pieces).toString(), 'one')
  }
})

type Prepare = (repository: ReturnType<typeof bench>['repository']) => Promise<unknown>
const gone: Descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf('gone'), size: 4, platform: amd }

const refused: [title: string, prepare: Prepare, code: ErrorCode, says: RegExp][] = [
  [
    'an index without the platform',
    async (repository) =>
      putIndex(
        repository,
        [
          { ...gone, platform: parsePlatform('linux/s390x') },
          { ...gone, platform: attestation },
        ],
        'latest',
      ),
    'PLATFORM_NOT_FOUND',
    /host:5000\/team\/app:latest has no image for linux\/amd64: it has linux\/s390x$/,
  ],
  [
    'an index of nothing',
    async (repository) => putIndex(repository, [], 'latest'),
    'PLATFORM_NOT_FOUND',
    /none for any/,
  ],
  [
    'a child that is gone',
    async (repository) => putIndex(repository, [gone], 'latest'),
    'IMAGE_NOT_FOUND',
    /which the registry has not/,
  ],
  [
    'an artifact',
    async (repository) =>
      putDocument(
        repository,
        {
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          artifactType: 'a/chart',
          config: { ...gone, mediaType: mediaTypes.ociEmpty },
          layers: [],
        } as { mediaType: string },
        'latest',
      ),
    'NOT_AN_IMAGE',
    /is no image: a\/chart/,
  ],
  [
    'schema 1',
    async (repository) =>
      putDocument(repository, { mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' }, 'latest'),
    'NOT_AN_IMAGE',
    /old schema 1/,
  ],
  [
    'a huge config',
    async (repository) =>
      putDocument(
        repository,
        {
          schemaVersion: 2,
          mediaType: mediaTypes.ociManifest,
          config: { ...gone, mediaType: mediaTypes.ociConfig, size: 1e9 },
          layers: [],
        } as {
          mediaType: string
        },
        'latest',
      ),
    'CONFIG_INVALID',
    /1000000000 bytes/,
  ],
  [
    'indexes without end',
    async (repository) => {
      let inner = { ...(await putImage(repository, { layers: ['x'] })), platform: amd }
      for (let i = 0; i < 9; i++) inner = { ...(await putIndex(repository, [inner])), platform: amd }
      await putIndex(repository, [inner], 'latest')
    },
    'MANIFEST_INVALID',
    /nested too deep/,
  ],
]
for (const [title, prepare, code, says] of refused) {
  test(`${title}: ${code}`, async (t) => {
    const { repository, find } = bench()
    await prepare(repository)
    const error = await find({}).catch((thrown: unknown) => thrown)
    if (!isIbuildError(error)) throw error
    t.is(error.code, code)
    t.regex(error.message, says)
  })
}

import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { PageRequest } from '../protocol/page.ts'
import { referrerRows } from '../storage/rows.ts'
import { checkRegistry } from './testing/check-registry.ts'
import { type Artifact, imageOf, indexOf, named, pushArtifact, subjectOf } from './testing/images.ts'
import { memoryRegistry } from './testing/memory-registry.ts'
import type { RegistryService } from './types.ts'

const app = named('team/app')
const page: PageRequest = { count: 100, last: undefined }
const subject = imageOf('subject')

function described({ mediaType, digest, bytes }: Artifact, more: object): object {
  return { mediaType, digest, size: bytes.length, ...more }
}

async function listed(service: RegistryService, artifactType?: string): Promise<readonly Descriptor[]> {
  const { items, next } = await service.referrers(app, subject.digest, { page, artifactType })
  if (next !== undefined) throw new Error('more than one page')
  return items
}

const byDigest = (a: { digest: string }, b: { digest: string }): number => (a.digest < b.digest ? -1 : 1)

test('of what nothing refers to there is an empty list, known or not', async (t) => {
  const { service } = await memoryRegistry()
  t.deepEqual(await listed(service), [])
  await pushArtifact(service, app, subject)
  t.deepEqual(await listed(service), [])
  t.deepEqual(await listed(service, 'a/b'), [])
})

test('a referrer is told with type, size, artifact type and all annotations, also when the subject is missing', async (t) => {
  const { service } = await memoryRegistry()
  const refers = subjectOf(subject)
  const annotations = { 'org.example.a': 'ü', b: '', __proto__x: '1' }
  const withType = imageOf('1', { ...refers, artifactType: 'application/vnd.example.sbom', annotations })
  const withConfig = imageOf('2', refers)
  const index = indexOf([], { ...refers, annotations: { c: 'd' } })
  const typedIndex = indexOf([], { ...refers, artifactType: 'application/vnd.example.sbom' })
  for (const artifact of [withType, withConfig, index, typedIndex]) await pushArtifact(service, app, artifact, ['t'])
  const sbom = { artifactType: 'application/vnd.example.sbom' }
  const wanted = [
    described(withType, { ...sbom, annotations }),
    described(withConfig, { artifactType: mediaTypes.ociConfig }),
    described(index, { annotations: { c: 'd' } }),
    described(typedIndex, sbom),
  ] as Descriptor[]
  t.deepEqual((await listed(service)).toSorted(byDigest), wanted.toSorted(byDigest))
  t.deepEqual(
    (await listed(service, sbom.artifactType)).toSorted(byDigest),
    [wanted[0], wanted[3]].filter((each) => each !== undefined).toSorted(byDigest),
  )
  t.deepEqual(await listed(service, mediaTypes.ociConfig), wanted.slice(1, 2))
  t.deepEqual(await listed(service, 'application/vnd.example'), [], 'no part of a type')
  t.deepEqual(await listed(service, 'a b'), [])
})

test('bytes that do not say their type are of the type of their last push, and refer to what that has', async (t) => {
  const { service, driver, metadata } = await memoryRegistry()
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [], ...subjectOf(subject) }))
  const digest = digestOf(bytes)
  for (const tags of [[], ['tag']]) {
    for (const contentType of [mediaTypes.ociIndex, 'application/vnd.example+json', mediaTypes.dockerIndex]) {
      await service.manifests.put(app, { digest }, { bytes, contentType, tags })
      t.is((await service.manifests.get(app, { digest })).mediaType, contentType)
      t.is(
        (await listed(service))[0]?.mediaType,
        contentType === 'application/vnd.example+json' ? undefined : contentType,
      )
      t.deepEqual(await checkRegistry({ metadata, driver }), [])
    }
    await service.manifests.remove(app, { digest })
    t.deepEqual(await checkRegistry({ metadata, driver }), [])
  }
})

test('referrers are those of the repository', async (t) => {
  const { service } = await memoryRegistry()
  await pushArtifact(service, named('team/app2'), imageOf('1', subjectOf(subject)))
  t.deepEqual(await listed(service), [])
})

test('a referrer goes from the list with its manifest, not with its tag or its subject', async (t) => {
  const { service } = await memoryRegistry()
  await pushArtifact(service, app, subject)
  const digest = await pushArtifact(service, app, imageOf('1', subjectOf(subject)), ['sig'])
  await service.manifests.remove(app, { digest: subject.digest })
  await service.manifests.remove(app, { tag: 'sig' })
  t.is((await listed(service)).length, 1)
  await service.manifests.remove(app, { digest })
  t.deepEqual(await listed(service), [])
})

test('pages of referrers have each once, with and without a filter', async (t) => {
  const { service } = await memoryRegistry()
  const types = ['a/b', 'a/c', 'a/bb']
  const made: string[] = []
  for (let i = 0; i < 12; i++) {
    made.push(
      await pushArtifact(service, app, imageOf(`${i}`, { ...subjectOf(subject), artifactType: types[i % 3] ?? '' })),
    )
  }
  const collect = async (count: number, artifactType?: string): Promise<string[]> => {
    const found: string[] = []
    for (let last: string | undefined; ; ) {
      const { items, next } = await service.referrers(app, subject.digest, { page: { count, last }, artifactType })
      found.push(...items.map(({ digest }) => digest))
      t.true(items.length === count || next === undefined)
      if (next === undefined) return found
      t.true(next.length < 512)
      last = next
    }
  }
  for (const count of [1, 5, 12, 13]) t.deepEqual((await collect(count)).toSorted(), made.toSorted())
  for (const count of [1, 3, 4, 5]) {
    t.deepEqual((await collect(count, 'a/b')).toSorted(), made.filter((_, i) => i % 3 === 0).toSorted())
  }
  const none = await service.referrers(app, subject.digest, { page: { count: 0, last: undefined } })
  t.deepEqual(none, { items: [], next: undefined })
  const odd = await service.referrers(app, subject.digest, { page: { count: 5, last: 'zzz' }, artifactType: 'a/b' })
  t.deepEqual(odd, { items: [], next: undefined })
})

test('large annotations are told in full, and end a page before it is larger than clients read', async (t) => {
  const { service } = await memoryRegistry()
  const annotations = (i: number): Record<string, string> => ({ big: String(i).repeat(1_400_000) })
  for (let i = 1; i <= 4; i++)
    await pushArtifact(service, app, imageOf(`${i}`, { ...subjectOf(subject), annotations: annotations(i) }))
  const found: Descriptor[] = []
  const sizes: number[] = []
  for (let last: string | undefined; ; ) {
    const { items, next } = await service.referrers(app, subject.digest, { page: { count: 100, last } })
    found.push(...items)
    sizes.push(items.length)
    t.true(JSON.stringify(items).length < 4 * 1024 * 1024)
    if (next === undefined) break
    last = next
  }
  t.deepEqual(sizes, [2, 2])
  const told = found.map((each) => each.annotations?.['big']?.[0] ?? '')
  t.deepEqual(told.toSorted(), ['1', '2', '3', '4'])
})

test('an index of a referrer that is damaged does not hide the others', async (t) => {
  const { service, driver, metadata } = await memoryRegistry()
  const large = imageOf('1', { ...subjectOf(subject), annotations: { big: 'x'.repeat(5000) } })
  const digest = await pushArtifact(service, app, large)
  await pushArtifact(service, app, imageOf('2', subjectOf(subject)))
  await driver.put(digest, Buffer.from('damaged'), { replace: true })
  const { service: fresh } = await memoryRegistry({ driver, metadata })
  t.is((await listed(fresh)).length, 2)
})

test('a damaged row hides no other referrer', async (t) => {
  const { service, metadata } = await memoryRegistry()
  await pushArtifact(service, app, imageOf('1', subjectOf(subject)))
  const key = referrerRows.key(app, subject.digest, 'a/b', digestOf('2'))
  await metadata.commit({ put: [{ key, value: 'garbage' }] })
  t.is((await listed(service)).length, 1)
})

test('a subject of the other algorithm is another one', async (t) => {
  const { service } = await memoryRegistry()
  const other = { ...subject, digest: digestOf(subject.bytes, 'sha512') }
  await pushArtifact(service, app, imageOf('1', subjectOf(other)))
  t.deepEqual(await listed(service), [])
  t.is((await service.referrers(app, other.digest, { page })).items.length, 1)
})

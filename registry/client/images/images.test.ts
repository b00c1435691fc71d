import test from 'ava'
import { MemoryRegistry } from '../../../e2e/testing/memory-registry.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { parseJson } from '../../../shared/base/json.ts'
import { parseIndex } from '../../../shared/oci/manifest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { formatPlatform } from '../../../shared/oci/platform.ts'
import type { RemoteRepository } from '../types.ts'
import { deleteImage } from './delete-image.ts'
import { joinIndex } from './join-index.ts'
import { matcherOf, searchRepositories } from './search.ts'
import { digestAt, putDocument, putImage, putIndex } from './testing.ts'

const arm = { os: 'linux', architecture: 'arm64' }
const amd = { os: 'linux', architecture: 'amd64' }
const place = (repository: RemoteRepository, ref: string) => ({
  repository,
  ref,
  name: `${repository.name.path}:${ref}`,
})

async function platformsOf(repository: RemoteRepository, ref: string): Promise<string[]> {
  const manifest = await repository.manifest(ref)
  const { manifests } = parseIndex(parseJson(manifest?.bytes ?? new Uint8Array(), { what: 'index' }))
  return manifests.map(({ platform }) => (platform === undefined ? '-' : formatPlatform(platform)))
}

test('images are joined by the platforms of their configs, those of other repositories come over', async (t) => {
  const registry = new MemoryRegistry()
  const here = registry.repository({ domain: 'a', path: 'app' })
  const there = registry.repository({ domain: 'b', path: 'arm' })
  await putImage(here, { layers: ['amd'], platform: amd }, 'amd')
  const armed = await putImage(there, { layers: ['arm'], platform: { ...arm, variant: 'v8' } }, '1')
  const { manifest } = await joinIndex(place(here, 'all'), [place(here, 'amd'), place(there, '1')], {
    annotations: new Map([['a', 'b']]),
  })
  t.is(await digestAt(here, 'all'), manifest.digest)
  t.deepEqual(await platformsOf(here, 'all'), ['linux/amd64', 'linux/arm64/v8'])
  t.is(await digestAt(here, armed.digest), armed.digest)
  t.deepEqual(parseIndex(parseJson(manifest.bytes, { what: 'index' })).annotations, { a: 'b' })
})

test('adding replaces the equal platform with what is said about it, and keeps the rest', async (t) => {
  const registry = new MemoryRegistry()
  const here = registry.repository({ domain: 'a', path: 'app' })
  const old = await putImage(here, { layers: ['old'], platform: amd })
  const other = await putImage(here, { layers: ['arm'], platform: arm })
  const attestation = (about: string) => ({
    ...old,
    digest: other.digest,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': about },
  })
  const about = [attestation(old.digest), attestation(other.digest)]
  await putIndex(here, [{ ...old, platform: amd }, { ...other, platform: arm }, ...about], 'all')
  const renewed = await putImage(here, { layers: ['new'], platform: amd }, 'new')
  const same = await joinIndex(place(here, 'all'), [place(here, old.digest)], { add: true })
  t.deepEqual([same.index.manifests.length, same.replaced], [4, []], 'once more the same: what is said about it stays')
  const { index, replaced } = await joinIndex(place(here, 'all'), [place(here, 'new')], { add: true })
  t.deepEqual(
    replaced.map(({ digest }) => digest),
    [old.digest],
  )
  t.deepEqual(
    index.manifests.map(({ digest, annotations }) => annotations?.['vnd.docker.reference.digest'] ?? digest),
    [other.digest, other.digest, renewed.digest],
  )
})

test('an index is taken over, a single image becomes one, and docker has types of its own', async (t) => {
  const here = new MemoryRegistry().repository({ domain: 'a', path: 'app' })
  await putImage(here, { layers: ['amd'], platform: amd }, 'single')
  await putImage(here, { layers: ['arm'], platform: arm }, 'arm')
  await joinIndex(place(here, 'single'), [place(here, 'arm')], { add: true })
  t.deepEqual(await platformsOf(here, 'single'), ['linux/amd64', 'linux/arm64'])
  const { manifest } = await joinIndex(place(here, 'again'), [place(here, 'single')], { format: 'docker' })
  t.is(manifest.mediaType, mediaTypes.dockerIndex)
  t.deepEqual(await platformsOf(here, 'again'), ['linux/amd64', 'linux/arm64'])
})

test('what cannot be joined is refused, and no name is set', async (t) => {
  const registry = new MemoryRegistry()
  const here = registry.repository({ domain: 'a', path: 'app' })
  const one = await putImage(here, { layers: ['1'], platform: amd }, 'one')
  await putImage(here, { layers: ['2'], platform: amd }, 'two')
  const chart = { schemaVersion: 2, mediaType: 'application/vnd.example+json' } as const
  await putDocument(here, chart, 'chart')
  const join = async (sources: string[], add = false) =>
    joinIndex(
      place(here, 'all'),
      sources.map((ref) => place(here, ref)),
      { add },
    )
  await t.throwsAsync(join(['one', 'two']), { code: 'USAGE', message: /linux\/amd64/ })
  const elsewhere = registry.repository({ domain: 'a', path: 'else' })
  const sources = [place(here, 'one'), place(here, 'two')]
  await t.throwsAsync(joinIndex(place(elsewhere, 'all'), sources, {}), { code: 'USAGE' })
  t.is(await digestAt(elsewhere, one.digest), undefined, 'nothing is copied for an index that is refused')
  await t.throwsAsync(join(['chart']), { code: 'NOT_AN_IMAGE' })
  await t.throwsAsync(join(['none']), { code: 'REGISTRY_NOT_FOUND' })
  const missing = async () => new IbuildError('REGISTRY_NOT_FOUND', 'there are others')
  const none = { ...place(here, 'none'), missing }
  await t.throwsAsync(joinIndex(place(here, 'all'), [none], {}), { message: 'there are others' })
  const onChart = joinIndex(place(here, 'chart'), [place(here, 'one')], { add: true })
  await t.throwsAsync(onChart, {
    code: 'NOT_AN_IMAGE',
    message: new RegExp(`^${place(here, 'chart').name} is no image`),
  })
  await t.throwsAsync(join(['one'], true), { code: 'REGISTRY_NOT_FOUND', message: /to add to/ })
  t.is(await digestAt(here, 'all'), undefined)
  await t.notThrowsAsync(join(['one', 'one']))
  t.is((await platformsOf(here, 'all')).length, 1)
})

test('a tag goes alone; a manifest with other tags only when it is forced', async (t) => {
  const here = new MemoryRegistry().repository({ domain: 'a', path: 'app' })
  const image = await putImage(here, { layers: ['1'] }, 'one')
  await putImage(here, { layers: ['1'] }, 'two')
  await putImage(here, { layers: ['1'] }, 'three')
  t.deepEqual(await deleteImage({ repository: here, ref: 'one' }, {}), { tags: ['one'], digest: undefined })
  t.is(await digestAt(here, image.digest), image.digest)
  const error = await t.throwsAsync(deleteImage({ repository: here, ref: 'two' }, { manifest: true }), {
    code: 'IMAGE_IN_USE',
  })
  t.regex(error.message, /three/)
  await t.throwsAsync(deleteImage({ repository: here, ref: image.digest }, {}), { code: 'IMAGE_IN_USE' })
  const forced = await deleteImage({ repository: here, ref: image.digest }, { force: true })
  t.deepEqual(forced, { tags: ['three', 'two'], digest: image.digest })
  for (const ref of ['two', image.digest])
    t.is(await deleteImage({ repository: here, ref }, { manifest: true }), undefined)
})

test('a manifest whose tags are too many to be looked at goes by force only', async (t) => {
  const here = new MemoryRegistry().repository({ domain: 'a', path: 'app' })
  const image = await putImage(here, { layers: ['1'] })
  const other = await putImage(here, { layers: ['2'] })
  for (let i = 0; i < 2001; i++) here.tagged.set(`t${1000 + i}`, i === 2000 ? image.digest : other.digest)
  await t.throwsAsync(deleteImage({ repository: here, ref: image.digest }, {}), { code: 'IMAGE_IN_USE' })
  t.is(await digestAt(here, 't3000'), image.digest)
  await deleteImage({ repository: here, ref: image.digest }, { force: true })
  t.is(await digestAt(here, image.digest), undefined)
})

test('a registry that deletes no tags: what to do is said, and what is not there is told as that', async (t) => {
  const here = new MemoryRegistry().repository({ domain: 'a', path: 'app' })
  await putImage(here, { layers: ['1'] }, 'one')
  here.removeManifest = async () => {
    throw new IbuildError('REGISTRY_REFUSED', 'unsupported')
  }
  const byTag = await t.throwsAsync<IbuildError>(deleteImage({ repository: here, ref: 'one' }, {}))
  t.regex(byTag.hint ?? '', /--manifest/)
  const byDigest = await t.throwsAsync<IbuildError>(deleteImage({ repository: here, ref: 'one' }, { manifest: true }))
  t.regex(byDigest.hint ?? '', /allow deletion/)
  t.is(await deleteImage({ repository: here, ref: 'none' }, {}), undefined)
})

const patterns: [pattern: string, name: string, fits: boolean][] = [
  ['', 'anything', true],
  ['team/', 'team/app', true],
  ['team/', 'teams', false],
  ['*', 'a/b', true],
  ['*/app', 'team/app', true],
  ['*/app', 'team/apps', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a*b*c', 'axxbyyc', true],
  ['a*b*c', 'axxcyyb', false],
  ['**', '', true],
  ['a.c*', 'abc', false],
]
for (const [pattern, name, fits] of patterns)
  test(`${JSON.stringify(pattern)} ${fits ? 'fits' : 'does not fit'} ${JSON.stringify(name)}`, (t) =>
    t.is(matcherOf(pattern)(name), fits))

test('a pattern that is made to take long does not', (t) => {
  const began = performance.now()
  t.false(matcherOf(`${'*a'.repeat(60)}b`)('a'.repeat(255)))
  t.true(performance.now() - began < 500)
})

test('a search stops at its limit and says that there is more; tags come with it', async (t) => {
  const registry = new MemoryRegistry()
  for (const path of ['a', 'b/x', 'b/y', 'c'])
    await putImage(registry.repository({ domain: 'h', path }), { layers: [path] }, `tag-${path.length}`)
  registry.repository({ domain: 'other', path: 'b/z' })
  const search = async (pattern: string, limit: number, tags = false) =>
    searchRepositories(registry, 'h', { pattern, limit, tags })
  t.deepEqual(await search('b/', 9), { repositories: [{ name: 'b/x' }, { name: 'b/y' }], more: false })
  t.deepEqual(await search('b/', 2), { repositories: [{ name: 'b/x' }, { name: 'b/y' }], more: false })
  t.deepEqual(await search('', 1), { repositories: [{ name: 'a' }], more: true })
  t.deepEqual(await search('c', 1, true), { repositories: [{ name: 'c', tags: ['tag-1'] }], more: false })
})

test('a repository that was deleted, or is for others, does not spoil a search for tags', async (t) => {
  const registry = new MemoryRegistry()
  for (const path of ['a', 'b', 'c'])
    await putImage(registry.repository({ domain: 'h', path }), { layers: [path] }, '1')
  const failing = (path: string, code: 'REGISTRY_NOT_FOUND' | 'REGISTRY_DENIED' | 'REGISTRY_FAILED'): void => {
    registry.repository({ domain: 'h', path }).tags = async function* () {
      yield* []
      throw new IbuildError(code, 'no')
    }
  }
  const search = async () => searchRepositories(registry, 'h', { pattern: '', limit: 9, tags: true })
  failing('a', 'REGISTRY_NOT_FOUND')
  failing('b', 'REGISTRY_DENIED')
  t.deepEqual((await search()).repositories, [{ name: 'a', tags: [] }, { name: 'b' }, { name: 'c', tags: ['1'] }])
  failing('c', 'REGISTRY_FAILED')
  await t.throwsAsync(search(), { code: 'REGISTRY_FAILED' })
})

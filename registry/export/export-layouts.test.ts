import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { createService } from '../service/create-service.ts'
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
import type { RegistryService } from '../service/types.ts'
import { openFileDriver } from '../storage/file-driver.ts'
import { blobPlace, registryLayout } from '../storage/layout.ts'
import { createMemoryMetadata } from '../storage/memory-metadata.ts'
import { type ExportOptions, type ExportParts, type ExportReport, exportLayouts } from './export-layouts.ts'

interface Scene {
  readonly service: RegistryService
  readonly root: string
  readonly out: string
  export(options?: Partial<ExportOptions>, parts?: Partial<ExportParts>): Promise<ExportReport>
}

const team = named('team/app')
const [one, two] = [imageOf('one'), imageOf('two')]
const both = indexOf([one, two])

async function scene(t: ExecutionContext): Promise<Scene> {
  const folder = temporaryFolder(t)
  const [root, out] = [join(folder, 'root'), join(folder, 'out')]
  mkdirSync(root)
  const metadata = createMemoryMetadata()
  const driver = await openFileDriver(root, { durability: 'relaxed' })
  const service = await createService({ driver, metadata, limits: { reserve: 0 } })
  t.teardown(() => service.close())
  return {
    service,
    root,
    out,
    export: (options, parts) =>
      exportLayouts(
        { service, metadata, give: (...args) => driver.give(...args), isWhole: () => true, ...parts },
        { folder: out, references: [], isAll: false, isCopy: false, isUpdate: false, ...options },
      ),
  }
}

interface Listed {
  readonly digest: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** What the index of a layout names: tags, or digests where there is none. */
function namesIn(layout: string): string[] {
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Listed[] }
  return manifests.map(({ digest, annotations }) => annotations?.['org.opencontainers.image.ref.name'] ?? digest)
}

/** Every blob of a layout has its digest; their digests. */
function blobsIn(t: ExecutionContext, layout: string): string[] {
  return readdirSync(join(layout, 'blobs/sha256')).map((hex) => {
    const digest: string = digestOf(readFileSync(join(layout, 'blobs/sha256', hex)))
    t.is(digest, `sha256:${hex}`)
    return digest
  })
}

test('each repository is a layout with its tags, and nothing else', async (t) => {
  const { service, out, ...registry } = await scene(t)
  for (const each of [one, two]) await pushArtifact(service, team, each)
  await pushArtifact(service, team, both, ['1', 'latest'])
  await pushArtifact(service, named('team'), two, ['x'])
  await pushBlob(service, team, Buffer.from('of no manifest'))
  await pushArtifact(service, team, imageOf('untagged'))
  const report = await registry.export()
  t.like(report, { repositories: 2, tags: 3, manifests: 4, copied: 0, left: [], sparse: [] })
  t.deepEqual(namesIn(join(out, 'team/app')), ['1', 'latest'])
  t.deepEqual(namesIn(join(out, 'team')), ['x'])
  t.is(readFileSync(join(out, 'team/oci-layout'), 'utf8'), '{"imageLayoutVersion":"1.0.0"}')
  const expected = [both, one, two].flatMap(({ digest, blobs }) => [digest, ...blobs.map((blob) => digestOf(blob))])
  t.deepEqual(blobsIn(t, join(out, 'team/app')).sort(), [...new Set(expected)].sort())
})

test('links to the blobs of the registry, or copies', async (t) => {
  const { service, out, root, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1'])
  const layer = digestOf(one.blobs[1] ?? '')
  const exported = join(out, 'team/app/blobs/sha256', layer.slice(7))
  const own = blobPlace(registryLayout(root), layer).file
  t.like(await registry.export(), { linked: 2, copied: 0 })
  t.is(statSync(exported).ino, statSync(own).ino)
  rmSync(out, { recursive: true })
  t.like(await registry.export({ isCopy: true }), { linked: 0, copied: 2 })
  t.not(statSync(exported).ino, statSync(own).ino)
  t.deepEqual(readdirSync(join(out, 'team/app')).sort(), ['blobs', 'index.json', 'oci-layout'])
  t.is(readdirSync(join(out, 'team/app/blobs/sha256')).length, 3)
})

test('all: manifests without a tag and referrers too', async (t) => {
  const { service, out, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1'])
  const document = JSON.parse(imageOf('signature').bytes.toString()) as object
  const signature = artifactOf({ ...document, ...subjectOf(one) }, imageOf('signature').blobs)
  for (const each of [two, signature]) await pushArtifact(service, team, each)
  await registry.export({ isAll: true })
  t.deepEqual(namesIn(join(out, 'team/app')).sort(), ['1', two.digest, signature.digest].sort())
})

test('what was asked for alone; what is not there is an error', async (t) => {
  const { service, out, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1', '2'])
  await pushArtifact(service, named('other'), two, ['1'])
  await registry.export({ references: [{ name: team, tag: '2' }] })
  t.deepEqual(namesIn(join(out, 'team/app')), ['2'])
  t.false(existsSync(join(out, 'other')))
  await registry.export({ references: [{ name: team, tag: '2' }, { name: team }] })
  t.deepEqual(namesIn(join(out, 'team/app')), ['2', '1'])
  await t.throwsAsync(registry.export({ references: [{ name: team, tag: '3' }] }), { code: 'OBJECT_NOT_FOUND' })
  await t.throwsAsync(registry.export({ references: [{ name: named('none') }] }), { code: 'OBJECT_NOT_FOUND' })
})

test('nothing is overwritten; the same again finds all there', async (t) => {
  const { service, out, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1'])
  await registry.export()
  t.like(await registry.export(), { linked: 0, copied: 0, there: 2, tags: 1 })
  await pushArtifact(service, team, two, ['1'])
  await t.throwsAsync(registry.export(), { code: 'EXPORT_REFUSED', message: /another image as 1/ })
  await registry.export({ isUpdate: true })
  t.true(readFileSync(join(out, 'team/app/index.json'), 'utf8').includes(two.digest))
  const blob = join(out, 'team/app/blobs/sha256', digestOf(one.blobs[1] ?? '').slice(7))
  rmSync(blob)
  writeFileSync(blob, 'something else')
  await pushArtifact(service, team, one, ['1'])
  await t.throwsAsync(registry.export({ isUpdate: true }), { code: 'EXPORT_REFUSED' })
  t.is(readFileSync(blob, 'utf8'), 'something else')
})

for (const [title, files] of [
  ['blobs of nobody', { 'blobs/x': '' }],
  ['an index that is none', { 'oci-layout': '{"imageLayoutVersion":"1.0.0"}', 'index.json': '[]' }],
  ['another version', { 'oci-layout': '{"imageLayoutVersion":"2.0.0"}' }],
  ['a mark that is no JSON', { 'oci-layout': 'x' }],
] as const) {
  test(`refused: a folder with ${title}`, async (t) => {
    const { service, out, ...registry } = await scene(t)
    await pushArtifact(service, team, one, ['1'])
    const layout = join(out, 'team/app')
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(layout, name, '..'), { recursive: true })
      writeFileSync(join(layout, name), content)
    }
    const before = readdirSync(layout, { recursive: true }).map(String).sort()
    await t.throwsAsync(registry.export(), { code: 'EXPORT_REFUSED' })
    t.deepEqual(readdirSync(layout, { recursive: true }).map(String).sort(), before)
  })
}

test('an image whose blob is gone or damaged is left out, and told; a sparse index goes as it is', async (t) => {
  const { service, out, root, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1'])
  await pushArtifact(service, team, two, ['2'])
  await service.manifests.put(team, { tag: 'sparse' }, pushed(indexOf([two, imageOf('not here')])))
  rmSync(blobPlace(registryLayout(root), digestOf(one.blobs[1] ?? '')).file)
  const report = await registry.export()
  t.deepEqual(
    report.left.map(({ place }) => place),
    ['team/app:1'],
  )
  t.is(report.sparse.length, 1)
  t.deepEqual(namesIn(join(out, 'team/app')), ['2', 'sparse'])
  t.false(blobsIn(t, join(out, 'team/app')).includes(one.digest))
})

test('a copy is verified', async (t) => {
  const { service, out, root, ...registry } = await scene(t)
  const large = imageOf('x'.repeat(100_000))
  await pushArtifact(service, team, large, ['1'])
  const layer = digestOf(large.blobs[1] ?? '')
  const { file } = blobPlace(registryLayout(root), layer)
  writeFileSync(file, Buffer.alloc(statSync(file).size))
  const report = await registry.export({ isCopy: true })
  t.deepEqual(
    report.left.map(({ place }) => place),
    ['team/app:1'],
  )
  t.deepEqual(namesIn(join(out, 'team/app')), [])
  t.false(existsSync(join(out, 'team/app/blobs/sha256', layer.slice(7))))
})

test('an image that is removed while it is exported is not there, and no error', async (t) => {
  const { service, out, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1'])
  await pushArtifact(service, team, two, ['2'])
  const size: RegistryService['blobs']['size'] = async (name, digest) => {
    if (digest === digestOf(one.blobs[1] ?? '')) {
      await service.manifests.remove(team, { digest: one.digest }).catch(() => undefined)
      await service.blobs.remove(team, digest).catch(() => undefined)
    }
    return service.blobs.size(name, digest)
  }
  const racing = { ...service, blobs: { ...service.blobs, size } }
  const report = await registry.export({}, { service: racing })
  t.like(report, { tags: 1, left: [] })
  t.deepEqual(namesIn(join(out, 'team/app')), ['2'])
})

test('one that is stopped leaves whole layouts and no half file, and the next goes on', async (t) => {
  const { service, out, ...registry } = await scene(t)
  const [config = Buffer.alloc(0)] = one.blobs
  const layer = Buffer.alloc(3_000_000, 'x')
  const descriptor = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const document = { config: descriptor('a/config', config), layers: [descriptor('a/layer', layer)] }
  await pushArtifact(service, named('first'), one, ['1'])
  await pushArtifact(service, team, artifactOf(document, [config, layer]), ['1'])
  const stop = new AbortController()
  let reads = 0
  const open: RegistryService['blobs']['open'] = async (name, digest) => {
    const reader = await service.blobs.open(name, digest)
    const read: typeof reader.read = async (target, position) => {
      if (digest === digestOf(layer) && ++reads === 2) stop.abort(new Error('enough'))
      return reader.read(target, position)
    }
    return { ...reader, size: reader.size, read, close: () => reader.close() }
  }
  const stopping = { ...service, blobs: { ...service.blobs, open } }
  const options = { isCopy: true, signal: stop.signal }
  await t.throwsAsync(registry.export(options, { service: stopping }), { message: 'enough' })
  t.is(reads, 2, 'the rest is not read')
  t.deepEqual(namesIn(join(out, 'first')), ['1'])
  t.deepEqual(
    readdirSync(join(out, 'team/app')).sort(),
    ['blobs', 'oci-layout'],
    'an index would name what is not there',
  )
  t.deepEqual(readdirSync(join(out, 'team/app/blobs')).sort(), ['sha256', 'sha512'])
  t.deepEqual(blobsIn(t, join(out, 'team/app')), [digestOf(config)])
  t.like(await registry.export({ isCopy: true }), { tags: 2, copied: 1, there: 3 })
  t.deepEqual(namesIn(join(out, 'team/app')), ['1'])
})

test('repositories whose folder would be part of another layout are told', async (t) => {
  const { service, ...registry } = await scene(t)
  await pushArtifact(service, named('team/blobs'), one, ['1'])
  await pushArtifact(service, named('blobs'), one, ['1'])
  const report = await registry.export()
  t.deepEqual(
    report.left.map(({ place }) => place),
    ['team/blobs'],
  )
  t.is(report.repositories, 1)
})

test('while another storage is taken over, tags are exported, and not all manifests', async (t) => {
  const { service, ...registry } = await scene(t)
  await pushArtifact(service, team, one, ['1'])
  const isWhole = (): boolean => false
  await t.throwsAsync(registry.export({ isAll: true }, { isWhole }), { code: 'EXPORT_REFUSED', message: /taken over/ })
  t.like(await registry.export({}, { isWhole }), { tags: 1 })
})

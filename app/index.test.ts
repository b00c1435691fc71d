import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  analyzeBuild,
  analyzeImage,
  type BuildResult,
  build,
  commit,
  type Digest,
  diff,
  diskUsage,
  exportRootfs,
  type GarbageItem,
  imageHistory,
  importRootfs,
  inspectImage,
  inspectObject,
  isIbuildError,
  listContainers,
  listImages,
  loadImages,
  prune,
  removeContainer,
  removeImage,
  saveImages,
  squashImage,
  tagImage,
} from './index.ts'

interface Place {
  readonly root: string
  readonly context: string
}

function makePlace(t: ExecutionContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-library-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'hello'), 'hello\n')
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nENV A=1\nCOPY hello /\nCMD ["/hello"]\n')
  return { root: join(folder, 'data'), context: folder }
}

async function buildHello({ root, context }: Place, name = 'hello:1'): Promise<Digest> {
  const source = { kind: 'directory', path: context } as const
  const { imageID } = await build({ root, context: source, tags: [name] })
  return imageID
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

test('an image is built, listed, inspected and tagged', async (t) => {
  const place = makePlace(t)
  const imageID = await buildHello(place)
  await tagImage({ root: place.root, image: 'hello:1', name: 'other' })
  const [only, ...more] = await listImages(place)
  t.deepEqual(more, [])
  t.is(only?.imageID, imageID)
  t.deepEqual(only?.names, ['hello:1', 'other:latest'])
  t.true((only?.size ?? 0) >= 1024)
  t.true(only?.storedAt instanceof Date)
  const image = await inspectImage({ root: place.root, image: 'other' })
  t.deepEqual({ ...image, config: undefined, manifest: undefined }, { ...only, config: undefined, manifest: undefined })
  t.deepEqual(image.config.config?.Cmd, ['/hello'])
  t.is(image.manifest.config.digest, imageID)
  t.deepEqual(structuredClone(image), image, 'results are plain')
})

for (const format of ['docker', 'oci'] as const) {
  test(`a saved image comes back the same: ${format}`, async (t) => {
    const place = makePlace(t)
    const imageID = await buildHello(place)
    await tagImage({ root: place.root, image: 'hello:1', name: 'b:2' })
    const save = () => bytesOf(saveImages({ root: place.root, images: ['b:2', 'hello:1'], format }))
    const bytes = await save()
    t.true(bytes.equals(await save()))
    const root = join(place.context, 'other')
    const loaded = await loadImages({ root, archive: once(bytes) })
    t.deepEqual(
      loaded.map((image) => [image.imageID, image.names]),
      [[imageID, ['b:2', 'hello:1']]],
    )
  })
}

test('an exported image can be imported', async (t) => {
  const place = makePlace(t)
  await buildHello(place)
  const tar = exportRootfs({ root: place.root, source: 'hello:1' })
  const image = await importRootfs({ root: place.root, tar, name: 'flat', changes: ['CMD ["/x"]'], message: 'm' })
  t.deepEqual(image.names, ['flat:latest'])
  t.deepEqual(image.config.config?.Cmd, ['/x'])
  t.is(image.config.history?.[0]?.comment, 'm')
})

test('prune waits for a reader, and takes what has no name', async (t) => {
  const { root, context } = makePlace(t)
  await build({ root, context: { kind: 'directory', path: context } })
  const [image] = await listImages({ root })
  const reader = saveImages({ root, images: [image?.imageID ?? ''] })[Symbol.asyncIterator]()
  await reader.next()
  let pruned = false
  const pruning = prune({ root, cache: true }).finally(() => (pruned = true))
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.false(pruned)
  await reader.return?.()
  const report = await pruning
  t.is(report.images, 1)
  t.is(report.layers, 1)
  t.deepEqual(await listImages({ root }), [])
})

test('several builds at once in one process', async (t) => {
  const place = makePlace(t)
  const names = ['a', 'b', 'c', 'd', 'e']
  const ids = await Promise.all(names.map((name) => buildHello(place, name)))
  t.is(new Set(ids).size, 1)
  const [image] = await listImages(place)
  t.deepEqual(
    image?.names,
    names.map((name) => `${name}:latest`),
  )
})

const wrong: [name: string, code: string, call: (root: string) => Promise<unknown>][] = [
  ['inspect of no image', 'IMAGE_NOT_FOUND', (root) => inspectImage({ root, image: 'none' })],
  ['a bad name', 'REFERENCE_INVALID', (root) => inspectImage({ root, image: 'A B' })],
  ['tag of no image', 'IMAGE_NOT_FOUND', (root) => tagImage({ root, image: 'none', name: 'x' })],
  ['save of no image', 'IMAGE_NOT_FOUND', (root) => bytesOf(saveImages({ root, images: ['none'] }))],
  ['export of no image', 'IMAGE_NOT_FOUND', (root) => bytesOf(exportRootfs({ root, source: 'none' }))],
  ['load of nonsense', 'ARCHIVE_INVALID', (root) => loadImages({ root, archive: once(Buffer.from('nonsense')) })],
  [
    'a change that makes a layer',
    'USAGE',
    (root) => importRootfs({ root, tar: once(Buffer.alloc(1024)), changes: ['RUN x'] }),
  ],
  ['a root that is a file', 'STORE_INVALID', () => listImages({ root: import.meta.filename })],
]
for (const [name, code, call] of wrong) {
  test(`${name}: ${code}`, async (t) => {
    const error = await t.throwsAsync(call(makePlace(t).root), { code })
    t.true(isIbuildError(error))
  })
}

const two = 'FROM scratch\nCOPY hello /a\nCOPY hello /b\nCOPY --chmod=600 hello /a\n'

async function buildTwo({ root, context }: Place): Promise<BuildResult> {
  const dockerfile = { kind: 'bytes', bytes: Buffer.from(two) } as const
  return build({ root, context: { kind: 'directory', path: context }, dockerfile, tags: ['two'] })
}

test('layers are told, analysed, merged and compared', async (t) => {
  const place = makePlace(t)
  const { root } = place
  const built = await buildTwo(place)
  const history = await imageHistory({ root, image: 'two' })
  t.is(history.filter(({ diffID }) => diffID !== undefined).length, 3)

  const analysis = await analyzeImage({ root, image: 'two' })
  t.deepEqual(structuredClone(analysis), analysis, 'results are plain')
  t.is(analysis.totals.bytes, 18)
  t.is(analysis.totals.wastedBytes, 6)
  t.deepEqual(analysis.findings.map(({ kind }) => kind).includes('duplicated'), true)
  const lines = await analyzeBuild({ root, build: built })
  t.deepEqual(
    lines.layers.map(({ location }) => location?.startLine),
    [2, 3, 4],
  )

  const squashed = await squashImage({ root, image: 'two', name: 'one' })
  t.deepEqual(squashed.names, ['one:latest'])
  t.is(squashed.config.rootfs.diff_ids.length, 1)
  t.deepEqual(await all(diff({ root, source: 'two', with: 'one' })), [])
  const added = { path: '/b', kind: 'added', after: { type: 'file', size: 6 } }
  t.deepEqual(await all(diff({ root, source: 'two', layer: 2 })), [added])
  const before = { type: 'file', size: 6 }
  const changed = { path: '/a', kind: 'changed', before, after: before, differences: ['mode'] }
  t.deepEqual(await all(diff({ root, source: 'two' })), [changed])
  await t.throwsAsync(all(diff({ root, source: 'two', layer: 4 })), { code: 'USAGE' })
  await t.throwsAsync(analyzeImage({ root, image: 'two', base: 'one' }), { code: 'USAGE' })
})

async function all<T>(pieces: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const piece of pieces) list.push(piece)
  return list
}

test('an image gets another config', async (t) => {
  const place = makePlace(t)
  await buildHello(place)
  const changes = ['ENV B=2', 'CMD ["/bye"]']
  const image = await commit({ root: place.root, source: 'hello:1', name: 'bye', changes, message: 'm', author: 'me' })
  t.deepEqual(image.config.config?.Cmd, ['/bye'])
  t.is(image.config.author, 'me')
  t.deepEqual(image.names, ['bye:latest'])
  await t.throwsAsync(commit({ root: place.root, source: 'hello:1', changes: ['RUN x'] }), { code: 'USAGE' })
})

test('images go by name and by ID', async (t) => {
  const place = makePlace(t)
  const { root } = place
  const imageID = await buildHello(place)
  await tagImage({ root, image: imageID, name: 'b' })
  await t.throwsAsync(removeImage({ root, image: imageID }), { code: 'IMAGE_IN_USE' })
  t.deepEqual(await removeImage({ root, image: 'b' }), { untagged: ['b:latest'], deleted: [] })
  t.deepEqual(await removeImage({ root, image: imageID }), { untagged: ['hello:1'], deleted: [imageID] })
  await t.throwsAsync(removeImage({ root, image: imageID }), { code: 'IMAGE_NOT_FOUND' })
})

test('what would go is told without a change, and a listener that throws keeps all', async (t) => {
  const place = makePlace(t)
  const { root } = place
  const imageID = await buildHello(place)
  await removeImage({ root, image: 'hello:1' })
  await build({ root, context: { kind: 'directory', path: place.context } })
  const items: GarbageItem[] = []
  const report = await prune({ root, dryRun: true, onItem: (item) => items.push(item) })
  t.is(report.images, 1)
  t.true(items.some(({ kind, id }) => kind === 'image' && id === imageID))
  const onItem = (): void => {
    throw new TypeError('mine')
  }
  await t.throwsAsync(prune({ root, onItem }), { instanceOf: TypeError })
  t.is((await inspectImage({ root, image: imageID })).imageID, imageID)
})

test('any object is described, and what the disk holds', async (t) => {
  const place = makePlace(t)
  const { root } = place
  const imageID = await buildHello(place)
  t.like(await inspectObject({ root, object: 'hello:1' }), { type: 'image' })
  const [layer = ''] = (await inspectImage({ root, image: imageID })).config.rootfs.diff_ids
  t.like(await inspectObject({ root, object: layer, type: 'layer' }), { type: 'layer' })
  await t.throwsAsync(inspectObject({ root, object: 'ffffffffffff', type: 'layer' }), { code: 'OBJECT_NOT_FOUND' })
  const usage = await diskUsage({ root })
  t.is(usage.images.count, 1)
  t.true(usage.total > 0)
})

test('a damaged image is in the list, with what is wrong', async (t) => {
  const place = makePlace(t)
  const { root } = place
  const imageID = await buildHello(place)
  writeFileSync(join(root, 'blobs/sha256', imageID.slice(7)), 'damaged')
  const [image] = await listImages({ root })
  t.is(image?.imageID, imageID)
  t.is(image?.size, undefined)
  t.is(typeof image?.damage, 'string')
  await t.throwsAsync(inspectImage({ root, image: imageID }), { code: 'STORE_INVALID' })
})

test('containers of which there are none', async (t) => {
  const { root } = makePlace(t)
  t.deepEqual(await listContainers({ root }), [])
  await t.throwsAsync(removeContainer({ root, container: 'x' }), { code: 'CONTAINER_NOT_FOUND' })
  await t.throwsAsync(removeContainer({ root, container: '../x' }), { code: 'USAGE' })
})

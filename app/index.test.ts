import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  build,
  type Digest,
  exportImage,
  importImage,
  inspectImage,
  isIbuildError,
  listImages,
  loadImages,
  prune,
  saveImages,
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
    const loaded = await loadImages({ root, source: once(bytes) })
    t.deepEqual(
      loaded.map((image) => [image.imageID, image.names]),
      [[imageID, ['b:2', 'hello:1']]],
    )
  })
}

test('an exported image can be imported', async (t) => {
  const place = makePlace(t)
  await buildHello(place)
  const source = exportImage({ root: place.root, image: 'hello:1' })
  const image = await importImage({ root: place.root, source, name: 'flat', changes: ['CMD ["/x"]'], message: 'm' })
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
  ['export of no image', 'IMAGE_NOT_FOUND', (root) => bytesOf(exportImage({ root, image: 'none' }))],
  ['load of nonsense', 'ARCHIVE_INVALID', (root) => loadImages({ root, source: once(Buffer.from('nonsense')) })],
  [
    'a change that makes a layer',
    'USAGE',
    (root) => importImage({ root, source: once(Buffer.alloc(1024)), changes: ['RUN x'] }),
  ],
  ['a root that is a file', 'STORE_INVALID', () => listImages({ root: import.meta.filename })],
]
for (const [name, code, call] of wrong) {
  test(`${name}: ${code}`, async (t) => {
    const error = await t.throwsAsync(call(makePlace(t).root), { code })
    t.true(isIbuildError(error))
  })
}

import { zstdCompressSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { encodeLayerIndex, openLayerIndex } from '../../builder/layers/layer-index.ts'
import { makePlainIndex } from '../../builder/layers/plain-index.ts'
import { withRemote } from '../../builder/remote/with-remote.ts'
import { openStore } from '../../builder/store/open.ts'
import { needLayer, openLayer } from '../../builder/store/open-layer.ts'
import { type ListedLayer, parseList, serializeList } from '../../builder/transfer/index-list.ts'
import { pullImage } from '../../builder/transfer/pull-image.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { parseJson } from '../../shared/base/json.ts'
import { indexTypes, listAnnotations } from '../../shared/oci/layer-indexes.ts'
import { parseManifest, serializeManifest } from '../../shared/oci/manifest.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { needs } from '../testing/needs.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace } from '../testing/workspace.ts'
import { type BaseBench, base, baseName, buildText, formsOf, publishBase } from './testing/base-bench.ts'

const withBusybox = needs(test, 'busybox')
const text = `FROM ${baseName}\nCOPY --chown=keeper:staff new /srv/link/\n`
const evil = { domain: 'reg:5000', path: 'team/evil' }

async function contextFor(t: ExecutionContext): Promise<string> {
  return (await makeWorkspace(t)).write('ctx', { new: 'new\n' })
}

function manifestOf({ registry }: BaseBench) {
  const repository = registry.repository(base)
  const stored = repository.manifests.get(repository.tagged.get('1') ?? digestOf(''))
  if (stored === undefined) throw new Error('no manifest')
  return parseManifest(parseJson(stored.bytes, { what: 'manifest' }))
}

function listOf(bench: BaseBench): readonly ListedLayer[] {
  const digest = manifestOf(bench).annotations?.[listAnnotations.digest] as Digest
  return parseList(bench.registry.repository(base).blobs.get(digest) ?? Buffer.alloc(0))
}

/** Publishes the same image anew with another list, as somebody could who may push. */
async function republish(bench: BaseBench, layers: readonly ListedLayer[] | Buffer, to = base): Promise<void> {
  const repository = bench.registry.repository(to)
  const list = Buffer.isBuffer(layers) ? layers : serializeList(layers)
  for (const [digest, bytes] of bench.registry.repository(base).blobs) repository.blobs.set(digest, bytes)
  repository.blobs.set(digestOf(list), list)
  const annotations = { [listAnnotations.digest]: digestOf(list), [listAnnotations.size]: String(list.length) }
  const bytes = serializeManifest({ ...manifestOf(bench), annotations })
  await repository.putManifest('1', { mediaType: manifestOf(bench).mediaType, digest: digestOf(bytes), bytes })
  bench.registry.log.length = 0
}

/** A list that tells of the top layer what `change` makes of its records. */
async function listWith(
  t: ExecutionContext,
  bench: BaseBench,
  change: (records: readonly LayerEntry[]) => readonly LayerEntry[],
): Promise<ListedLayer[]> {
  const diffID = bench.diffIDs[2]
  if (diffID === undefined) throw new Error('no layer')
  const records = change([...openLayerIndex(needLayer(bench.home, diffID).indexFile).entries()])
  const { encoded, digest, size } = await makePlainIndex(records, { file: `${temporaryFolder(t)}/index` })
  const blob = zstdCompressSync(encoded instanceof Uint8Array ? encoded : Buffer.alloc(0))
  bench.registry.repository(base).blobs.set(digestOf(blob), blob)
  return listOf(bench).map((layer) => {
    if (layer.diffID !== diffID) return layer
    return {
      ...layer,
      index: { digest, size },
      blob: { mediaType: indexTypes.index, digest: digestOf(blob), size: blob.length },
    }
  })
}

/** `/srv/link` leads into `/etc`. */
const bentLink = (records: readonly LayerEntry[]): LayerEntry[] =>
  records.map((record) => (record.path === 'srv/link' ? { ...record, linkname: '/etc' } : record))

withBusybox(
  'a registry that sends other bytes for a list or an index is not believed: the layers are read',
  async (t) => {
    const bench = await publishBase(t)
    const context = await contextFor(t)
    const honest = await buildText(temporaryFolder(t), text, { context, images: bench.images })
    const list = manifestOf(bench).annotations?.[listAnnotations.digest] as Digest
    const [index] = listOf(bench)
    if (index === undefined) throw new Error('no index')
    for (const digest of [list, index.blob.digest]) {
      const bytes = bench.registry.repository(base).blobs.get(digest) ?? Buffer.alloc(0)
      bench.registry.content.set(digest, async function* () {
        yield Buffer.alloc(bytes.byteLength, 'x')
      })
      const root = temporaryFolder(t)
      const { imageID, notices } = await buildText(root, text, { context, images: bench.images })
      t.is(imageID, honest.imageID)
      t.true(
        notices.some((notice) => /index(es)? published with .* (is|are) not used/.test(notice)),
        notices.join(),
      )
      t.true(formsOf(openStore(root), bench.diffIDs).includes('read'))
      bench.registry.content.delete(digest)
    }
  },
)

const lists: Readonly<Record<string, (layers: readonly ListedLayer[]) => Buffer>> = {
  'no JSON': () => Buffer.from('{'),
  'another version': () => Buffer.from('{"version":2,"layers":[]}'),
  'no layers': () => Buffer.from('{"version":1}'),
  'a digest that is none': (layers) =>
    Buffer.from(serializeList(layers).toString().replaceAll('"digest":"sha256', '"digest":"md5')),
  'a size below zero': (layers) =>
    Buffer.from(
      serializeList(layers)
        .toString()
        .replaceAll(/"size":\d+/g, '"size":-1'),
    ),
  'a very large index': (layers) =>
    serializeList(layers.map((layer) => ({ ...layer, index: { ...layer.index, size: 2 ** 40 } }))),
  'a larger index than there is': (layers) =>
    serializeList(layers.map((layer) => ({ ...layer, index: { ...layer.index, size: layer.index.size + 1 } }))),
  'a smaller index than there is': (layers) =>
    serializeList(layers.map((layer) => ({ ...layer, index: { ...layer.index, size: 10 } }))),
  'an index of another digest': (layers) =>
    serializeList(layers.map((layer) => ({ ...layer, index: { ...layer.index, digest: digestOf('x') } }))),
  'a blob that is not there': (layers) =>
    serializeList(layers.map((layer) => ({ ...layer, blob: { ...layer.blob, digest: digestOf('x') } }))),
  'other layers': (layers) => serializeList(layers.map((layer) => ({ ...layer, diffID: digestOf(layer.diffID) }))),
}
for (const [what, make] of Object.entries(lists)) {
  withBusybox(`a list with ${what} is not used, and the build goes on`, async (t) => {
    const bench = await publishBase(t)
    await republish(bench, make(listOf(bench)))
    const root = temporaryFolder(t)
    await buildText(root, text, { context: await contextFor(t), images: bench.images })
    t.deepEqual(formsOf(openStore(root), bench.diffIDs), ['read', 'read', 'read'])
  })
}

for (const size of ['-1', '0', '1e3', '99999999', '', 'x']) {
  withBusybox(`a list whose size is told as ${JSON.stringify(size)} is not asked for`, async (t) => {
    const bench = await publishBase(t)
    const repository = bench.registry.repository(base)
    const manifest = manifestOf(bench)
    const bytes = serializeManifest({
      ...manifest,
      annotations: { ...manifest.annotations, [listAnnotations.size]: size },
    })
    await repository.putManifest('1', { mediaType: manifest.mediaType, digest: digestOf(bytes), bytes })
    const root = temporaryFolder(t)
    const { notices } = await buildText(root, text, { context: await contextFor(t), images: bench.images })
    t.deepEqual(formsOf(openStore(root), bench.diffIDs), ['read', 'read', 'read'])
    t.true(
      notices.some((notice) => notice.includes('dev.ibuild.layer-indexes')),
      notices.join(),
    )
  })
}

withBusybox('contents beside an index that are not what it tells are not used', async (t) => {
  const bench = await publishBase(t)
  const files = new Map([['etc/passwd', Buffer.from('keeper:x:0:0::/:/bin/sh\n')]])
  await republish(
    bench,
    listOf(bench).map((layer) => (layer.files.size > 0 ? { ...layer, files } : layer)),
  )
  const root = temporaryFolder(t)
  await buildText(root, text, { context: await contextFor(t), images: bench.images, tags: ['app'] })
  const store = openStore(root)
  const own = store.images.get('app')?.config.rootfs.diff_ids.at(-1)
  if (own === undefined) throw new Error('no layer')
  t.like(openLayer(store, own).index.lookup('data/real/new'), { uid: 4711, gid: 50 })
  t.deepEqual(formsOf(store, bench.diffIDs)[2], 'tar', 'the true ones were read')
})

withBusybox(
  'a publisher whose index is false is named as soon as the layer is there, and believed no more',
  async (t) => {
    const bench = await publishBase(t)
    await republish(bench, await listWith(t, bench, bentLink))
    const [context, root] = [await contextFor(t), temporaryFolder(t)]
    await buildText(root, text, { context, images: bench.images, tags: ['app'] })
    const store = openStore(root)
    t.deepEqual(formsOf(store, bench.diffIDs), ['published', 'published', 'published'])
    const [, , top] = bench.diffIDs
    if (top === undefined) throw new Error('no layer')
    await t.throwsAsync(withRemote(store, bench.images).fetchLayers(bench.diffIDs), {
      code: 'LAYER_INDEX_FALSE',
      message: new RegExp(top),
    })
    t.is(formsOf(store, bench.diffIDs)[2], 'tar', 'the true layer is there')
    const { imageID, events } = await buildText(root, text, { context, images: bench.images })
    t.deepEqual(
      events.flatMap((event) => (event.type === 'step-started' ? [event.reason?.code] : [])),
      ['index-false'],
    )
    const honest = await publishBase(t)
    t.is(imageID, (await buildText(temporaryFolder(t), text, { context, images: honest.images })).imageID)
  },
)

withBusybox(
  'a false index that came with one image decides nothing in builds on another one with the same layers',
  async (t) => {
    const bench = await publishBase(t)
    const context = await contextFor(t)
    const honest = await buildText(temporaryFolder(t), text, { context, images: bench.images })
    await republish(bench, await listWith(t, bench, bentLink), evil)

    const root = temporaryFolder(t)
    const onEvil = await buildText(root, text.replace('base', 'evil'), { context, images: bench.images })
    t.not(onEvil.imageID, honest.imageID)
    const after = await buildText(root, text, { context, images: bench.images })
    t.is(after.imageID, honest.imageID)
    t.true(
      after.notices.some((notice) => notice.includes('came with another image is false')),
      after.notices.join(),
    )

    // The other way round: what an honest publisher says, or what was read, stays.
    const other = temporaryFolder(t)
    await buildText(other, text, { context, images: bench.images })
    t.is(
      (await buildText(other, text.replace('base', 'evil'), { context, images: bench.images })).imageID,
      honest.imageID,
    )
    t.is(formsOf(openStore(other), bench.diffIDs)[2], 'read')
  },
)

withBusybox(
  'a pull of the layers tells of a false index that came with another image, and is not harmed',
  async (t) => {
    const bench = await publishBase(t)
    await republish(bench, await listWith(t, bench, bentLink), evil)
    const root = temporaryFolder(t)
    const context = await contextFor(t)
    await buildText(root, text.replace('base', 'evil'), { context, images: bench.images })
    const found = await bench.images.find({ ...base, tag: '1' }, { platform: hostPlatform() })
    if (found === undefined) throw new Error('no base')
    const warnings: string[] = []
    await pullImage(openStore(root), found, { name: baseName, onWarning: (warning) => warnings.push(warning) })
    t.is(warnings.length, 1)
    t.regex(warnings[0] ?? '', new RegExp(`index of layer ${bench.diffIDs[2]} .* is false`))
    const honest = await buildText(temporaryFolder(t), text, { context, images: bench.images })
    t.is((await buildText(root, text, { context, images: bench.images })).imageID, honest.imageID)
  },
)

withBusybox('an index that is hostile in itself is refused, and the layer read', async (t) => {
  const bench = await publishBase(t)
  const raw = encodeLayerIndex([
    { ...firstOf(bench), path: 'x', type: 'hardlink', linkname: '../../etc/shadow', size: 0, digest: undefined },
  ])
  const blob = zstdCompressSync(raw)
  bench.registry.repository(base).blobs.set(digestOf(blob), blob)
  const told = {
    index: { digest: digestOf(raw), size: raw.length },
    blob: { mediaType: indexTypes.index, digest: digestOf(blob), size: blob.length },
  }
  await republish(
    bench,
    listOf(bench).map((layer) => ({ ...layer, ...told })),
  )
  const root = temporaryFolder(t)
  const { notices } = await buildText(root, text, { context: await contextFor(t), images: bench.images })
  t.deepEqual(formsOf(openStore(root), bench.diffIDs), ['read', 'read', 'read'])
  t.is(notices.filter((notice) => notice.includes('is not a path')).length, 3, notices.join('\n'))
})

function firstOf(bench: BaseBench): LayerEntry {
  const [diffID] = bench.diffIDs
  const entry = diffID === undefined ? undefined : openLayer(bench.home, diffID).index.lookup('bin/busybox')
  if (entry === undefined) throw new Error('no entry')
  return { ...entry, dataOffset: -1 }
}

withBusybox(
  'an index that grows without end when it is unpacked stops at the size that it was told to have',
  async (t) => {
    const bench = await publishBase(t)
    const bomb = zstdCompressSync(Buffer.alloc(64 << 20))
    bench.registry.repository(base).blobs.set(digestOf(bomb), bomb)
    const blob = { mediaType: indexTypes.index, digest: digestOf(bomb), size: bomb.length }
    await republish(
      bench,
      listOf(bench).map((layer) => ({ ...layer, blob })),
    )
    const root = temporaryFolder(t)
    const { notices } = await buildText(root, text, { context: await contextFor(t), images: bench.images })
    t.is(notices.filter((notice) => notice.includes('grows beyond')).length, 3, notices.join('\n'))
  },
)

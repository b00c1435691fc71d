import { join } from 'node:path'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import test from 'ava'
import { MemoryRegistry, type MemoryRepository } from '../../e2e/testing/memory-registry.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { listAnnotations } from '../../shared/oci/layer-indexes.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { writeLayer } from '../layers/layer-writer.ts'
import { makePlainIndex } from '../layers/plain-index.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { storeFor } from '../store/testing/fixture.ts'
import type { Store } from '../store/types.ts'
import { type ListedLayer, parseList } from './index-list.ts'
import { publishIndexes } from './publish-indexes.ts'

const to = { domain: 'reg:5000', path: 'team/app' }
const passwd = 'etc/passwd'
const content = Buffer.from('root:x:0:0::/:/bin/sh\n')

/** A layer with /etc/passwd of which only a published index is here, and with it this text. */
async function addRemote(store: Store, told: string): Promise<Digest> {
  const folder = await store.temp('test')
  const members = [{ entry: blankEntry(passwd, 'file', { size: content.length }), content }]
  const { diffID, size, entries } = await writeLayer(members, join(folder.dir, 'tar'), { sync: false })
  const { encoded, digest } = await makePlainIndex(entries, { file: join(folder.dir, 'plain') })
  const files = new Map([
    [passwd, Buffer.from(told)],
    ['etc/shadow', Buffer.from('nobody asked for it')],
  ])
  await store.layers.commitRemote({ diffID, size, index: encoded, indexDigest: digest, source: 'published', files })
  await folder.release()
  return diffID
}

const rows: [title: string, told: string, published: string[]][] = [
  ['what is right goes on', content.toString(), [passwd]],
  ['what the index contradicts does not', 'root:x:0:0::/:/bin/no\n', []],
]
for (const [title, told, published] of rows)
  test(`files that somebody else published with an index: ${title}`, async (t) => {
    const store = storeFor(t)
    const target = new MemoryRegistry().repository(to)
    const indexes = await publishIndexes(store, [await addRemote(store, told)], { to, target })
    const list = target.blobs.get(indexes?.annotations.get(listAnnotations.digest) as Digest)
    t.deepEqual([...(parseList(list ?? Buffer.from(''))[0]?.files.keys() ?? [])], published)
  })

/** A layer with one file, whole or of which only a published index is here, with the blob that was published. */
async function addLayer(store: Store, kind: 'whole' | 'remote'): Promise<Digest> {
  const folder = await store.temp('test')
  const tarFile = join(folder.dir, 'tar')
  const members = [{ entry: blankEntry('file', 'file', { size: content.length }), content }]
  const { diffID, size, entries } = await writeLayer(members, tarFile, { sync: false })
  if (kind === 'whole') await store.layers.commitTar({ diffID, size, tarFile, index: entries.encoded })
  else {
    const { encoded, digest } = await makePlainIndex(entries, { file: join(folder.dir, 'plain') })
    const files = new Map<string, Uint8Array>()
    await store.layers.commitRemote({ diffID, size, index: encoded, indexDigest: digest, source: 'published', files })
  }
  await folder.release()
  return diffID
}

async function listed(store: Store, diffID: Digest, target: MemoryRepository): Promise<ListedLayer | undefined> {
  const indexes = await publishIndexes(store, [diffID], { to: target.name, target })
  return parseList(target.blobs.get(indexes?.annotations.get(listAnnotations.digest) as Digest) ?? Buffer.from(''))[0]
}

for (const kind of ['whole', 'remote'] as const)
  test(`the index of a layer that is ${kind} is made and compressed once, whoever has it`, async (t) => {
    const store = storeFor(t)
    const registry = new MemoryRegistry()
    const diffID = await addLayer(store, kind)
    const base = registry.repository({ ...to, path: 'team/base' })
    const first = await listed(store, diffID, base)
    if (first === undefined) throw new Error('no index')

    // Nobody would compress it to this again.
    const packed = zstdCompressSync(zstdDecompressSync(base.blobs.get(first.blob.digest) ?? Buffer.from('')), {
      params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_checksumFlag]: 1 },
    })
    const blob = { digest: digestOf(packed), size: packed.length }
    t.not(blob.digest, first.blob.digest)
    base.blobs.set(blob.digest, packed)
    await store.indexForms.add(diffID, { index: first.index, blob })
    t.like(await listed(store, diffID, base), { index: first.index, blob }, 'it is there')

    const source = { mediaType: mediaTypes.ociLayer, digest: diffID, size: 1, domain: to.domain, path: 'team/base' }
    await store.sources.add(diffID, source)
    registry.log.length = 0
    t.like(await listed(store, diffID, registry.repository(to)), { index: first.index, blob }, 'it is mounted')
    t.deepEqual(registry.said('push').length, 1, 'the list')

    const elsewhere = registry.repository({ domain: 'other:5000', path: 'app' })
    t.like(await listed(store, diffID, elsewhere), first, 'nobody has it there')
    t.is(store.indexForms.get(diffID)[0]?.blob?.digest, first.blob.digest)
  })

test('what was only published of an index is not believed of a layer that is here', async (t) => {
  const store = storeFor(t)
  const diffID = await addLayer(store, 'whole')
  const target = new MemoryRegistry().repository(to)
  const blob = { digest: digestOf('false'), size: 5 }
  target.blobs.set(blob.digest, Buffer.from('false'))
  await store.indexForms.add(diffID, { index: { digest: digestOf('index'), size: 5 }, blob })
  const { index, blob: sent } = (await listed(store, diffID, target)) ?? {}
  t.not(index?.digest, digestOf('index'))
  t.not(sent?.digest, blob.digest)
})

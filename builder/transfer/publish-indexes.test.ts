import { join } from 'node:path'
import test from 'ava'
import { MemoryRegistry } from '../../e2e/testing/memory-registry.ts'
import type { Digest } from '../../shared/base/digest.ts'
import { listAnnotations } from '../../shared/oci/layer-indexes.ts'
import { writeLayer } from '../layers/layer-writer.ts'
import { makePlainIndex } from '../layers/plain-index.ts'
import { blankEntry } from '../layers/testing/entries.ts'
import { storeFor } from '../store/testing/fixture.ts'
import type { Store } from '../store/types.ts'
import { parseList } from './index-list.ts'
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

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { digestOf } from '../../../shared/base/digest.ts'
import { nextChainID } from '../../../shared/oci/chain-id.ts'
import { makeImage } from '../../../shared/oci/testing/make-image.ts'
import { openStore } from '../open.ts'

/**
 * A process that does all that an import, a build, a pull and a tag ask of the store: `writer.ts ROOT TEXT...` stores for each
 * TEXT an image of a tar layer, a snapshot layer and a layer of which only the index is here, and moves the tags `app:1` and
 * `app:TEXT` to it. The TEXT `gc` collects garbage instead, `fetch TEXT` brings the bytes of such a layer in.
 */
const [root = '', ...texts] = process.argv.slice(2)
const store = openStore(root)
for (const text of texts) {
  if (text === 'gc') await store.collectGarbage()
  else if (text.startsWith('fetch ')) await fetchLayer(text.slice('fetch '.length))
  else await write(text)
}

async function write(text: string): Promise<void> {
  const lock = await store.lockShared()
  const work = await store.temp('work')
  const base = digestOf(text)
  const tarFile = path.join(work.dir, 'layer.tar')
  writeFileSync(tarFile, text)
  await store.layers.commitTar({ diffID: base, size: text.length, tarFile, index: Buffer.from(`index of ${text}`) })

  const extracted = store.snapshots.create()
  writeFileSync(path.join(extracted.dir, 'base'), text)
  await extracted.commit(base, base)

  const diffID = digestOf(`${text} top`)
  const dir = path.join(work.dir, 'upper')
  mkdirSync(path.join(dir, 'folder'), { recursive: true })
  writeFileSync(path.join(dir, 'folder', 'file'), text)
  const index = Buffer.from(`index of ${text} top`)
  await store.layers.commitSnapshot({ diffID, size: 1, chainID: nextChainID(base, diffID), dir, index })

  const remote = digestOf(`${text} elsewhere`)
  const descriptor = { mediaType: 'application/octet-stream', digest: digestOf(`${text} packed`), size: 5 }
  await store.sources.add(remote, { ...descriptor, domain: 'reg', path: 'a/b' })
  const remoteIndex = Buffer.from(`index of ${text} elsewhere`)
  const known = {
    index: remoteIndex,
    indexDigest: digestOf(remoteIndex),
    files: new Map([['etc/passwd', Buffer.from(text)]]),
  }
  await store.layers.commitRemote({ diffID: remote, size: 7, source: 'published', ...known })

  const parts = [{ name: 'text', value: text }]
  await store.records.put(digestOf(`key of ${text}`), { version: 1, step: 'RUN x', parts, diffID, created: 1 })
  const { manifest, config } = makeImage([
    { diffID: base, size: text.length },
    { diffID, size: 1 },
    { diffID: remote, size: 7 },
  ])
  const image = await store.images.put(manifest, config)
  await store.tags.set('docker.io/library/app:1', image.manifestDigest)
  await store.tags.set(`docker.io/library/app:${text}`, image.manifestDigest)
  await work.release()
  lock.release()
}

async function fetchLayer(text: string): Promise<void> {
  const lock = await store.lockShared()
  const work = await store.temp('work')
  const content = `${text} elsewhere`
  const tarFile = path.join(work.dir, 'layer.tar')
  writeFileSync(tarFile, content)
  const index = Buffer.from(`index of ${content}`)
  await store.layers.commitTar({ diffID: digestOf(content), size: content.length, tarFile, index })
  await store.sync()
  await work.release()
  lock.release()
}

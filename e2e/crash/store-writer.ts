import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openStore } from '../../builder/store/open.ts'
import { makeImage } from '../../builder/store/testing/make-image.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { nextChainID } from '../../shared/oci/chain-id.ts'

/**
 * Everything that an import, a build and a tag ask of the store: `store-writer.ts ROOT TEXT` stores an image of a tar
 * layer and a snapshot layer that are made of TEXT, and moves the tags `app:1` and `app:TEXT` to it.
 */
const [root = '', text = ''] = process.argv.slice(2)
const store = openStore(root)
const lock = await store.lockShared()
const work = await store.temp('work')

const base = digestOf(text)
const tarFile = path.join(work.dir, 'layer.tar')
writeFileSync(tarFile, text)
await store.layers.commitTar({ diffID: base, size: text.length, tarFile, index: Buffer.from(`index of ${text}`) })

const extracted = store.snapshots.create()
writeFileSync(path.join(extracted.dir, 'base'), text)
await extracted.commit(base, base)

const top = digestOf(`${text} top`)
const upper = path.join(work.dir, 'upper')
mkdirSync(path.join(upper, 'folder'), { recursive: true })
writeFileSync(path.join(upper, 'folder', 'file'), text)
const chainID = nextChainID(base, top)
await store.layers.commitSnapshot({
  diffID: top,
  size: 1,
  chainID,
  dir: upper,
  index: Buffer.from(`index of ${text} top`),
})

const key = digestOf(`key of ${text}`)
await store.records.put(key, {
  version: 1,
  step: 'RUN x',
  parts: [{ name: 'text', value: text }],
  diffID: top,
  created: 1,
})
const { manifest, config } = makeImage([
  { diffID: base, size: text.length },
  { diffID: top, size: 1 },
])
const image = await store.images.put(manifest, config)
await store.tags.set('docker.io/library/app:1', image.manifestDigest)
await store.tags.set(`docker.io/library/app:${text}`, image.manifestDigest)
await work.release()
lock.release()

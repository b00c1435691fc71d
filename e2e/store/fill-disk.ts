import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { ownOwner } from '../../shared/cas/owner.ts'
import { makeImage } from '../../shared/oci/testing/make-image.ts'
import { fillDisk } from '../testing/own-disk.ts'

/**
 * Works in a store on a filesystem of 1 MiB, first with too much at once and then with no block left, and prints what
 * happened as one line of JSON.
 */
const root = path.join(process.argv[2] ?? '', 'root')
const filler = path.join(process.argv[2] ?? '', 'filler')
const store = openStore(root)
const outcomes: Record<string, string> = {}

async function attempt(what: string, work: () => Promise<unknown>): Promise<void> {
  outcomes[what] = await work().then(
    () => 'done',
    (error: unknown) => (isIbuildError(error) ? error.code : String(error)),
  )
}

function leftOvers(): string[] {
  return readdirSync(path.join(root, 'tmp', ownOwner()))
}

async function* zeros(count: number): AsyncIterable<Uint8Array> {
  for (let i = 0; i < count; i++) yield Buffer.alloc(64 * 1024)
}

async function commitTar(text: string): Promise<void> {
  const temp = await store.temp('tar')
  try {
    const tarFile = path.join(temp.dir, 'tar')
    writeFileSync(tarFile, '')
    const index = Buffer.from(`index of ${text}`)
    await store.layers.commitTar({ diffID: digestOf(text), size: 0, tarFile, index })
  } finally {
    await temp.release()
  }
}

async function commitSnapshot(): Promise<void> {
  const pending = store.snapshots.create()
  try {
    await pending.commit(digestOf('chain'), digestOf('layer'))
  } catch (error) {
    await pending.discard()
    throw error
  }
}

const first = makeImage([])
const second = makeImage([], { author: 'second' })
const tag = 'docker.io/library/app:1'
const record = { version: 1, step: 'RUN x', parts: [], created: 1 } as const

await attempt('blob larger than the disk', async () => store.blobs.put(zeros(40)))
const afterLargeBlob = [...leftOvers(), ...store.blobs.list()]
await attempt('small image', async () => store.images.put(first.manifest, first.config))
await attempt('tag', async () => store.tags.set(tag, first.manifestDigest))
await attempt('unused blob', async () => store.blobs.put(Buffer.alloc(8192)))
fillDisk(filler)
async function makeAnother(): Promise<void> {
  const folder = await openStore(path.join(process.argv[2] ?? '', 'other')).temp('x')
  await folder.release()
}

await attempt('full: blob', async () => store.blobs.put(Buffer.from('x')))
await attempt('full: image', async () => store.images.put(second.manifest, second.config))
await attempt('full: tag', async () => store.tags.set('docker.io/library/app:2', first.manifestDigest))
await attempt('full: record', async () => store.records.put(digestOf('key'), record))
await attempt('full: layer', async () => commitTar('layer'))
await attempt('full: snapshot', commitSnapshot)
await attempt('full: another store', makeAnother)
const whenFull = { left: leftOvers(), seen: view(openStore(root)) }
await attempt('full: garbage collection', async () => store.collectGarbage())
rmSync(filler)
await attempt('again: image', async () => store.images.put(second.manifest, second.config))
await attempt('again: tag', async () => store.tags.set('docker.io/library/app:2', second.manifestDigest))
await attempt('again: layer', async () => commitTar('layer'))
await attempt('again: another store', makeAnother)

/** What a reader sees. */
function view(reader: Store): unknown {
  return {
    tags: reader.tags.list().map(({ name }) => name),
    authors: reader.images.list().map((image) => image.config.author ?? 'first'),
    layers: reader.layers.list(),
    records: reader.records.list(),
    snapshot: reader.snapshots.get(digestOf('chain')) ?? null,
  }
}

process.stdout.write(JSON.stringify({ outcomes, afterLargeBlob, whenFull }))

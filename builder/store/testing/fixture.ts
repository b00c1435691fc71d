import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Digest, digestOf, hexOf } from '../../../shared/base/digest.ts'
import { nextChainID } from '../../../shared/oci/chain-id.ts'
import { makeImage } from '../../../shared/oci/testing/make-image.ts'
import { openStore } from '../open.ts'
import type { Store, StoredImage, StoredLayer } from '../types.ts'

/** An empty folder that the test removes at its end. */
export function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'store-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A new store that the test removes at its end. */
export function storeFor(t: ExecutionContext): Store {
  const store = openStore(path.join(folderFor(t), 'root'))
  // Makes it at once, for tests that look into its folders.
  void store.lockShared().then((lock) => lock.release())
  return store
}

/** Commits a layer whose tar is `text`. */
export async function addTarLayer(store: Store, text: string): Promise<StoredLayer> {
  const temp = await store.temp('tar')
  const tarFile = path.join(temp.dir, 'tar')
  writeFileSync(tarFile, text)
  const index = Buffer.from(`index of ${text}`)
  const layer = await store.layers.commitTar({ diffID: digestOf(text), size: text.length, tarFile, index })
  await temp.release()
  return layer
}

/** Commits a layer that is a snapshot folder with one file `text`, on top of `parent`. */
export async function addSnapshotLayer(store: Store, text: string, parent?: Digest): Promise<StoredLayer> {
  const temp = await store.temp('upper')
  const dir = path.join(temp.dir, 'upper')
  mkdirSync(dir)
  writeFileSync(path.join(dir, 'file'), text)
  const diffID = digestOf(text)
  const index = Buffer.from(`index of ${text}`)
  const chainID = nextChainID(parent, diffID)
  const layer = await store.layers.commitSnapshot({ diffID, size: text.length, chainID, dir, index })
  await temp.release()
  return layer
}

/** Stores an image of one tar layer. */
export async function addImage(store: Store, text: string, ...names: readonly string[]): Promise<StoredImage> {
  const { manifest, config } = makeImage([await addTarLayer(store, text)])
  const image = await store.images.put(manifest, config)
  for (const name of names) await store.tags.set(`docker.io/library/${name}`, image.manifestDigest)
  return image
}

/** Makes everything look as if an earlier boot had written it: what a power cut leaves at best. */
export function pretendReboot(store: Store): void {
  for (const diffID of store.layers.list()) edit(path.join(store.root, 'layers', hexOf(diffID), 'meta.json'), { boot })
  const marks = path.join(store.root, 'snapshots')
  for (const name of readdirSync(marks).filter((name) => !name.includes('.'))) renameSnapshot(store.root, name)
}

const boot = '00000000-0000-0000-0000-000000000000'

/** An earlier boot gave other ids. */
function renameSnapshot(root: string, chain: string): void {
  const mark = path.join(root, 'snapshots', chain)
  const { id: oldID } = edit(mark, { boot })
  if (typeof oldID !== 'string') throw new Error(`no id in ${mark}`)
  const id = `0${oldID}`
  edit(mark, { id })
  renameSync(path.join(root, 's', oldID), path.join(root, 's', id))
  if (existsSync(`${mark}.${oldID}`)) renameSync(`${mark}.${oldID}`, `${mark}.${id}`)
}

function edit(file: string, change: Record<string, string>): Record<string, unknown> {
  const document: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...document, ...change }))
  return document
}

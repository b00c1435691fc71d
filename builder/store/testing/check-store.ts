import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { digestOf, hexOf } from '../../../shared/base/digest.ts'
import { ownOwner } from '../../../shared/cas/owner.ts'
import { openStore } from '../open.ts'
import type { Store, StoredImage, StoredLayer } from '../types.ts'

/**
 * Opens a store that `writer.ts` wrote to and asserts what must hold at any time: each image that can be seen is whole and
 * durable, each tag leads to one, each layer and blob has its content, nothing is left of dead processes.
 */
export function checkStore(t: ExecutionContext, root: string, at = ''): Store {
  const store = openStore(root)
  // In a folder that is not a whole store yet the next writer does that.
  const isMade = existsSync(path.join(root, 'ibuild-store.json'))
  const left = isMade ? readdirSync(path.join(root, 'tmp')).filter((name) => name !== ownOwner()) : []
  t.deepEqual(left, [], `${at}: work in progress is cleared`)
  for (const image of store.images.list()) checkImage(t, store, image)
  for (const tag of store.tags.list()) {
    t.is(store.images.get(tag.name)?.manifestDigest, tag.manifest, `${at}: ${tag.name} leads to an image`)
  }
  for (const diffID of store.layers.list()) checkLayer(t, store.layers.get(diffID), `${at}: layer ${diffID}`)
  for (const digest of store.blobs.list()) t.notThrows(() => store.blobs.readVerified(digest, 1e6), `${at}: ${digest}`)
  t.notThrows(() => readIndexNames(root), `${at}: index.json`)
  return store
}

function checkImage(t: ExecutionContext, store: Store, image: StoredImage): void {
  t.is(image.config.rootfs.diff_ids.length, 3)
  t.is(digestOf(image.manifestBytes), image.manifestDigest)
  for (const diffID of image.config.rootfs.diff_ids) {
    checkLayer(t, store.layers.get(diffID), diffID)
    const isDurable = ['layers', 'remote'].some((part) =>
      existsSync(path.join(store.root, part, hexOf(diffID), 'durable')),
    )
    t.true(isDurable, 'synced before it was visible')
    if (store.layers.get(diffID)?.bytes.kind === 'remote')
      t.is(store.sources.get(diffID).length, 1, 'where it is to be had')
  }
}

function checkLayer(t: ExecutionContext, layer: StoredLayer | undefined, what: string): void {
  if (layer === undefined) return t.fail(`${what} is not whole`)
  t.true(readFileSync(layer.indexFile, 'utf8').startsWith('index of '), what)
  if (layer.bytes.kind === 'tar') t.is(digestOf(readFileSync(layer.bytes.file)), layer.diffID, what)
  else if (layer.bytes.kind === 'remote') t.is(digestOf(readFileSync(layer.indexFile)), layer.bytes.index, what)
  else t.true(readFileSync(path.join(layer.bytes.dir, 'folder', 'file'), 'utf8').length > 0, what)
}

interface OciIndex {
  readonly manifests: readonly { readonly annotations: Readonly<Record<string, string>> }[]
}

/** The full names in index.json; none before the first tag. */
export function readIndexNames(root: string): string[] {
  const file = path.join(root, 'index.json')
  if (!existsSync(file)) return []
  const index: OciIndex = JSON.parse(readFileSync(file, 'utf8'))
  return index.manifests.map(({ annotations }) => annotations['io.containerd.image.name'] ?? '')
}

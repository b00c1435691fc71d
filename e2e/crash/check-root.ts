import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { layerTar } from '../../builder/export/layer-tar.ts'
import { openLayerIndex } from '../../builder/layers/layer-index.ts'
import { streamHash } from '../../builder/layers/stream-hash.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Container, Store, StoredImage, StoredLayer } from '../../builder/store/types.ts'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { isOwnerAlive } from '../../shared/cas/owner.ts'

const maxDocument = 1 << 24

/**
 * Opens a data folder and asserts what holds after every command, whatever happened to it: each image that can be seen is
 * whole and has its bytes, each container can be made an image of, each tag and each line of index.json leads to one, each
 * layer that a cached step would use and each blob is what its name says, nothing is left of dead processes.
 */
export async function checkRoot(t: ExecutionContext, root: string, at: string): Promise<Store> {
  const store = openStore(root)
  t.deepEqual(leftOvers(root), [], `${at}: work in progress is cleared`)
  for (const image of store.images.list()) checkImage(t, store, image)
  for (const container of store.containers.list()) checkContainer(t, store, container)
  for (const { name, manifest } of store.tags.list()) {
    t.is(store.images.get(name)?.manifestDigest, manifest, `${at}: ${name} leads to an image`)
  }
  for (const diffID of store.layers.list()) await checkLayer(t, store, diffID)
  for (const digest of store.blobs.list()) {
    t.notThrows(() => store.blobs.readVerified(digest, maxDocument), `${at}: blob ${digest}`)
  }
  for (const { name, manifest } of readIndex(root)) t.true(store.blobs.has(manifest), `${at}: index.json has ${name}`)
  return store
}

/** What lies in the folder for work in progress and is not of a process that lives. */
function leftOvers(root: string): string[] {
  // In a folder that is not a whole store yet the next writer removes it.
  if (!existsSync(path.join(root, 'ibuild-store.json'))) return []
  return readdirSync(path.join(root, 'tmp')).filter((name) => !isOwnerAlive(name, Date.now()))
}

/** Half-written files beside those that remember the hashes of contexts; the next build of the context removes them. */
export function halfWrittenHashes(root: string): string[] {
  const folder = path.join(root, 'context')
  return existsSync(folder) ? readdirSync(folder).filter((name) => !/^[0-9a-f]{64}$/.test(name)) : []
}

/** Documents are read and verified by the getters. */
function checkImage(t: ExecutionContext, store: Store, image: StoredImage): void {
  const { config, manifest } = image
  t.is(config.rootfs.diff_ids.length, manifest.layers.length)
  for (const diffID of config.rootfs.diff_ids) t.truthy(store.layers.get(diffID), `layer ${diffID} of ${image.imageID}`)
}

/** Its image's documents are read and verified by the getters, whether the image is still there or not. */
function checkContainer(t: ExecutionContext, store: Store, { name, config, manifest, layer }: Container): void {
  t.is(config.rootfs.diff_ids.length, manifest.layers.length)
  const diffIDs = [...config.rootfs.diff_ids, ...(layer === undefined ? [] : [layer])]
  for (const diffID of diffIDs) t.truthy(store.layers.get(diffID), `layer ${diffID} of container ${name}`)
}

/** Of a layer that is elsewhere the index is whole, and it is known where the layer can be had from. */
function checkRemote(t: ExecutionContext, store: Store, { diffID, bytes, indexFile }: StoredLayer): void {
  const index = readFileSync(indexFile)
  t.true(bytes.kind === 'remote' && bytes.index === digestOf(index), `the index of ${diffID}`)
  t.true(store.sources.get(diffID).length > 0, `where ${diffID} is`)
}

/** A layer that is listed but not trusted counts as not there. */
async function checkLayer(t: ExecutionContext, store: Store, diffID: Digest): Promise<void> {
  const layer = store.layers.get(diffID)
  if (layer === undefined) return
  if (layer.bytes.kind === 'remote') return checkRemote(t, store, layer)
  const hash = streamHash()
  let size = 0
  for await (const piece of layerTar(layer)) {
    hash.update(piece)
    size += piece.byteLength
  }
  t.is(hash.digest(), diffID, 'the bytes of a layer')
  t.is(size, layer.size)
  t.notThrows(() => [...openLayerIndex(layer.indexFile).entries()], `the index of ${diffID}`)
}

interface OciIndex {
  readonly manifests: readonly { readonly digest: Digest; readonly annotations: Readonly<Record<string, string>> }[]
}

/** What index.json of the OCI layout names: full name and digest. */
export function readIndex(root: string): readonly { readonly name: string; readonly manifest: Digest }[] {
  if (!readdirSync(root).includes('index.json')) return []
  const { manifests }: OciIndex = JSON.parse(readFileSync(path.join(root, 'index.json'), 'utf8'))
  return manifests.map(({ digest, annotations }) => ({
    name: annotations['io.containerd.image.name'] ?? '',
    manifest: digest,
  }))
}

import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { mapDiskFull, syncPath } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { currentBoot } from '../../shared/cas/owner.ts'
import type { BlobStore } from './blob-store.ts'
import type { StoreContext } from './context.ts'
import type { EncodedIndex } from './encoded-index.ts'
import type { KnownLists } from './known-lists.ts'
import { digestOfFileName, fileNameOf } from './layout.ts'
import { readJsonFile } from './read-json-file.ts'
import { createRemoteLayers } from './remote-layers.ts'
import { removeFolder, renameUnlessThere } from './remove-folder.ts'
import { removeTree } from './remove-tree.ts'
import type { InternalSnapshotStore } from './snapshots.ts'
import { syncTree } from './sync-tree.ts'
import type { LayerStore, StoredLayer } from './types.ts'

export interface InternalLayerStore extends LayerStore {
  /** What this process committed. */
  committed(): readonly Digest[]
  /** Removes what is here of a layer. */
  remove(diffID: Digest): void
  /** Removes the indexes of layers that were elsewhere and are durable now. */
  dropSuperseded(): void
}

interface LayerMeta {
  readonly size: number
  readonly boot: string
  /** The snapshot that holds the bytes; undefined when the folder has a tar. */
  readonly chainID?: Digest
}

interface Parts {
  readonly blobs: BlobStore
  readonly snapshots: InternalSnapshotStore
  readonly sources: Pick<KnownLists<never>, 'pathsOf'>
}

/** A layer is put together in a temporary folder and moved in whole. */
export function createLayerStore(context: StoreContext, { blobs, snapshots, sources }: Parts): InternalLayerStore {
  const { layout, temps } = context
  const remote = createRemoteLayers(context)
  const committed = new Set<Digest>()
  const dirOf = (diffID: Digest): string => path.join(layout.layers, fileNameOf(diffID))
  const fileOf = (diffID: Digest, name: string): string => path.join(dirOf(diffID), name)
  const isDurable = (diffID: Digest): boolean => existsSync(fileOf(diffID, 'durable'))

  /** One with its bytes. */
  const getWhole = (diffID: Digest): StoredLayer | undefined => {
    const meta = readMeta(fileOf(diffID, 'meta.json'))
    if (meta === undefined || (meta.boot !== currentBoot() && !isDurable(diffID))) return undefined
    const common = { diffID, size: meta.size, indexFile: fileOf(diffID, 'index') }
    if (!existsSync(common.indexFile)) return undefined
    if (meta.chainID === undefined) {
      const file = fileOf(diffID, 'tar')
      return sizeOf(file) === meta.size ? { ...common, bytes: { kind: 'tar', file } } : undefined
    }
    const snapshot = snapshots.get(meta.chainID)
    return snapshot && { ...common, bytes: { kind: 'snapshot', dir: snapshot.dir, chainID: meta.chainID } }
  }

  const get = (diffID: Digest): StoredLayer | undefined => getWhole(diffID) ?? remote.get(diffID)

  const moveIn = async (diffID: Digest, dir: string): Promise<StoredLayer> => {
    const moved = renameUnlessThere(dir, dirOf(diffID))
    if (!moved && getWhole(diffID) === undefined) await replaceUntrusted(diffID, dir)
    else if (!moved) await removeTree(dir)
    committed.add(diffID)
    return known(diffID)
  }

  /** Puts a new folder in the place of one that an earlier boot left without making it durable. */
  const replaceUntrusted = async (diffID: Digest, dir: string): Promise<void> => {
    const lock = await lockExclusive(path.join(layout.locks, 'layers'))
    try {
      if (getWhole(diffID) === undefined) removeFolder(temps, dirOf(diffID))
      if (!renameUnlessThere(dir, dirOf(diffID))) await removeTree(dir)
    } finally {
      lock.release()
    }
  }

  const known = (diffID: Digest): StoredLayer => {
    const layer = getWhole(diffID)
    if (layer === undefined) throw new Error(`layer ${diffID} vanished while it was committed`)
    return layer
  }

  const assemble = async (diffID: Digest, meta: LayerMeta, fill: (dir: string) => void): Promise<StoredLayer> => {
    const dir = temps.name('layer')
    try {
      mkdirSync(dir)
      fill(dir)
      writeFileSync(path.join(dir, 'meta.json'), JSON.stringify({ version: 1, ...meta }))
      return await moveIn(diffID, dir)
    } catch (error) {
      rmSync(dir, { recursive: true, force: true })
      throw error
    }
  }

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => context.underShared(async () => mapDiskFull(work))

  return {
    get,
    commitTar: async ({ diffID, size, tarFile, index }) =>
      guarded(async () => {
        const there = getWhole(diffID)
        if (there !== undefined) {
          rmSync(tarFile, { force: true })
          return there
        }
        return assemble(diffID, { size, boot: currentBoot() }, (dir) => {
          putIndex(index, dir)
          renameSync(tarFile, path.join(dir, 'tar'))
        })
      }),
    commitSnapshot: async ({ diffID, size, chainID, dir: content, index }) =>
      guarded(async () => {
        await snapshots.commit(content, chainID, diffID)
        const there = getWhole(diffID)
        if (there !== undefined) return there
        return assemble(diffID, { size, boot: currentBoot(), chainID }, (dir) => {
          putIndex(index, dir)
        })
      }),
    sync: async (diffIDs) =>
      guarded(async () => {
        const all = [...new Set(diffIDs)].filter((diffID) => !isDurable(diffID))
        const pending = all.flatMap((diffID) => getWhole(diffID) ?? [])
        if (pending.length > 0) await makeDurable(pending)
        const elsewhere = all.filter((diffID) => getWhole(diffID) === undefined && remote.isPending(diffID))
        if (elsewhere.length > 0) await makeRemoteDurable(elsewhere)
      }),
    commitRemote: async (layer) =>
      guarded(async () => {
        const there = getWhole(layer.diffID)
        if (there !== undefined) return there
        const committedNow = await remote.commit(layer)
        committed.add(layer.diffID)
        return committedNow
      }),
    list: () => [...new Set([...listWhole(), ...remote.list()])],
    remove(diffID) {
      removeFolder(temps, dirOf(diffID))
      remote.remove(diffID)
    },
    dropSuperseded() {
      for (const diffID of remote.list()) {
        if (isDurable(diffID) && getWhole(diffID) !== undefined) remote.remove(diffID)
      }
    },
    committed: () => [...committed],
  }

  function listWhole(): Digest[] {
    return namesIn(layout.layers).flatMap((name) => digestOfFileName(name) ?? [])
  }

  /** Where a layer can be had from is as needed as its index; from then on whoever changes that syncs it. */
  async function makeRemoteDurable(pending: readonly Digest[]): Promise<void> {
    const paths = new Set(pending.flatMap((diffID) => [...remote.pathsOf(diffID), ...sources.pathsOf(diffID)]))
    await Promise.all([...paths].map(syncPath))
    await Promise.all(pending.map(async (diffID) => remote.markDurable(diffID)))
  }

  /** Three rounds: all content, then the flags of snapshots, then the flags of layers, which promise the former. */
  async function makeDurable(pending: readonly StoredLayer[]): Promise<void> {
    const chains = pending.flatMap(({ bytes }) => (bytes.kind === 'snapshot' ? [bytes.chainID] : []))
    const unsynced = chains.flatMap((chainID) => snapshots.unsynced(chainID) ?? [])
    const paths = new Set([
      layout.layers,
      ...pending.flatMap(filesOf),
      ...unsynced.flatMap((snapshot) => snapshot.paths),
    ])
    await Promise.all([...[...paths].map(syncPath), ...unsynced.map(async ({ tree }) => syncTree(tree))])

    for (const chainID of chains) snapshots.markDurable(chainID)
    const tars = pending.flatMap(({ diffID, bytes }) => (bytes.kind === 'tar' ? [{ diffID, file: bytes.file }] : []))
    await Promise.all([
      syncPath(layout.snapshotMarks),
      ...tars.map(async ({ diffID, file }) => blobs.link(file, diffID)),
    ])

    for (const { diffID } of pending) writeFileSync(fileOf(diffID, 'durable'), '')
    await Promise.all(pending.map(async ({ diffID }) => syncPath(dirOf(diffID))))
  }

  function filesOf({ diffID, bytes, indexFile }: StoredLayer): string[] {
    const tar = bytes.kind === 'tar' ? [bytes.file] : []
    return [...tar, indexFile, fileOf(diffID, 'meta.json'), dirOf(diffID)]
  }
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size
}

function readMeta(file: string): LayerMeta | undefined {
  const meta = readJsonFile(file)
  if (meta === undefined || meta['version'] !== 1) return undefined
  const { size, boot, chainID } = meta
  if (typeof size !== 'number' || typeof boot !== 'string') return undefined
  if (chainID === undefined) return { size, boot }
  return typeof chainID === 'string' && isDigest(chainID) ? { size, boot, chainID } : undefined
}

function putIndex(index: EncodedIndex, dir: string): void {
  if ('file' in index) renameSync(index.file, path.join(dir, 'index'))
  else writeFileSync(path.join(dir, 'index'), index)
}

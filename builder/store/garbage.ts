import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import type { BlobStore } from '../../shared/cas/blob-store.ts'
import { syncPathSync } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import type { StoreContext } from './context.ts'
import { entryFile, listEntries } from './image-entry.ts'
import type { Layout } from './layout.ts'
import { fileNameOf } from './layout.ts'
import { findReachable, type Reachable } from './reachable.ts'
import type { InternalRecordStore } from './records.ts'
import { removeFolder } from './remove-folder.ts'
import type { InternalSnapshotStore } from './snapshots.ts'
import type { InternalTagStore } from './tags.ts'
import type { ContainerStore, GarbageOptions, GarbageReport, ImageStore, LayerStore } from './types.ts'

interface Parts {
  readonly blobs: BlobStore
  readonly images: ImageStore
  readonly containers: ContainerStore
  readonly layers: LayerStore
  readonly records: InternalRecordStore
  readonly snapshots: InternalSnapshotStore
  readonly tags: InternalTagStore
}

interface Swept {
  readonly count: number
  readonly bytes: number
}

/** See `Store.collectGarbage`. */
export async function collectGarbage(
  context: StoreContext,
  parts: Parts,
  options: GarbageOptions = {},
): Promise<GarbageReport> {
  const lock = await lockExclusive(path.join(context.layout.locks, 'store'), options)
  try {
    const images = options.keepUnnamed === false ? dropUnnamed(context.layout, parts) : 0
    const report = sweep(context, parts, options.keepRecords ?? true)
    dropStepLocks(context.layout)
    await parts.tags.repairIndex()
    syncRemovals(context.layout)
    return { images, ...report }
  } finally {
    lock.release()
  }
}

/** So that a flag whose removal a power cut undoes never meets a folder that was made again after it. */
function syncRemovals({ layers, snapshotMarks }: Layout): void {
  for (const folder of [layers, snapshotMarks]) syncPathSync(folder)
}

/**
 * Not before the lock is held: until then an image without a name may be one that a build is about to name. Synced before
 * anything goes that they need.
 */
function dropUnnamed(layout: Layout, { tags, containers }: Pick<Parts, 'tags' | 'containers'>): number {
  const named = tags.list().map(({ manifest }) => manifest)
  const wanted = new Set([...named, ...containers.list().map(({ manifestDigest }) => manifestDigest)])
  const doomed = listEntries(layout).filter(({ manifest }) => !wanted.has(manifest))
  for (const entry of doomed) rmSync(entryFile(layout, entry), { force: true })
  syncPathSync(layout.images)
  return doomed.length
}

/** Nobody builds now, so nobody holds one; each step that was ever executed has left its folder. */
function dropStepLocks({ locks }: Layout): void {
  rmSync(path.join(locks, 'steps'), { recursive: true, force: true })
}

/** What refers goes before what it refers to: a layer before the snapshot that holds its bytes. */
function sweep(context: StoreContext, parts: Parts, keepRecords: boolean): Omit<GarbageReport, 'images'> {
  const records = keepRecords ? 0 : dropRecords(context.layout, parts.records)
  const reachable = findReachable(parts)
  const sizes = new Map(parts.layers.list().map((diffID) => [diffID, parts.layers.get(diffID)?.size ?? 0]))
  const layers = sweepLayers(context, parts.layers, reachable)
  const snapshots = sweepSnapshots(parts, { reachable, sizes, keepCache: keepRecords })
  const blobs = sweepBlobs(parts.blobs, reachable)
  const bytes = layers.bytes + snapshots.bytes + blobs.bytes
  return { records, layers: layers.count, snapshots: snapshots.count, blobs: blobs.count, bytes }
}

function dropRecords(layout: Layout, records: InternalRecordStore): number {
  const keys = records.list()
  for (const key of keys) records.remove(key)
  for (const name of readdirSync(layout.steps)) rmSync(path.join(layout.steps, name), { force: true })
  return keys.length
}

/** A layer that cannot be read any more (an earlier boot left it unsynced) goes too. */
function sweepLayers(context: StoreContext, layers: LayerStore, reachable: Reachable): Swept {
  const doomed = layers.list().filter((id) => !reachable.layers.has(id) || layers.get(id) === undefined)
  const sizes = doomed.map((diffID) => {
    const layer = layers.get(diffID)
    removeFolder(context.temps, path.join(context.layout.layers, fileNameOf(diffID)))
    return layer?.bytes.kind === 'tar' ? layer.size : 0
  })
  return { count: doomed.length, bytes: sum(sizes) }
}

interface SnapshotPolicy {
  readonly reachable: Reachable
  /** Of the layers that were extracted, for the report. */
  readonly sizes: ReadonlyMap<Digest, number>
  /** Keep the snapshot of any layer that is kept, though no image has that stack: the next build may. */
  readonly keepCache: boolean
}

function sweepSnapshots(parts: Parts, { reachable, sizes, keepCache }: SnapshotPolicy): Swept {
  const doomed = parts.snapshots.marks().filter(({ chainID, mark }) => {
    const wanted = reachable.chains.has(chainID) || (keepCache && reachable.layers.has(mark.diffID))
    return !wanted || parts.snapshots.get(chainID) === undefined
  })
  const bytes = sum(doomed.map(({ mark }) => sizes.get(mark.diffID) ?? 0))
  for (const { chainID } of doomed) parts.snapshots.remove(chainID)
  return { count: doomed.length + parts.snapshots.removeOrphans(), bytes }
}

/** A blob that is the second name of a layer that is kept frees nothing and stays. */
function sweepBlobs(blobs: BlobStore, reachable: Reachable): Swept {
  const doomed = blobs.list().filter((digest) => !reachable.blobs.has(digest) && !reachable.layers.has(digest))
  const sizes = doomed.map((digest: Digest) => {
    const size = blobs.stat(digest)?.size ?? 0
    blobs.remove(digest)
    return size
  })
  return { count: doomed.length, bytes: sum(sizes) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}

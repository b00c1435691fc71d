import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { syncPathSync } from '../../shared/cas/disk.ts'
import { lockExclusive } from '../../shared/cas/lock.ts'
import type { InternalCompressedStore } from './compressed.ts'
import type { StoreContext } from './context.ts'
import type { ContextHashes } from './context-hashes.ts'
import { type GarbagePlan, type PlanParts, planGarbage, sum } from './garbage-plan.ts'
import { entryFile, listEntries } from './image-entry.ts'
import type { KnownLists } from './known-lists.ts'
import type { InternalLayerStore } from './layers.ts'
import type { Layout } from './layout.ts'
import type { InternalListingStore } from './listings.ts'
import type { InternalRecordStore } from './records.ts'
import type { InternalSnapshotStore } from './snapshots.ts'
import type { InternalTagStore } from './tags.ts'
import type { GarbageItem, GarbageOptions, GarbageReport } from './types.ts'

type Hints = Pick<KnownLists<never>, 'keepOnly'>

interface Parts extends PlanParts {
  readonly listings: InternalListingStore
  readonly compressed: InternalCompressedStore
  readonly sources: Hints
  readonly origins: Hints
  readonly indexForms: Hints
  readonly contextHashes: ContextHashes
  readonly layers: InternalLayerStore
  readonly records: InternalRecordStore
  readonly snapshots: InternalSnapshotStore
  readonly tags: InternalTagStore
}

/** See `Store.collectGarbage`. */
export async function collectGarbage(
  context: StoreContext,
  parts: Parts,
  options: GarbageOptions = {},
): Promise<GarbageReport> {
  if (options.dryRun === true)
    return context.underShared(async () => reportOf(announce(parts, options)), { reading: true })
  const lock = await lockExclusive(path.join(context.layout.locks, 'store'), options)
  try {
    const plan = announce(parts, options)
    dropImages(context.layout, plan)
    for (const item of plan.items) removeItem(parts, item)
    parts.contextHashes.removeStray()
    const orphans = parts.snapshots.removeOrphans()
    if (plan.items.some(({ kind }) => kind === 'record')) parts.records.notePrune()
    parts.listings.keepOnly(listingsOf(parts.records))
    parts.compressed.dropStale()
    parts.layers.dropSuperseded()
    forgetRemote(context.layout, parts)
    dropStepLocks(context.layout)
    await parts.tags.repairIndex()
    syncRemovals(context.layout)
    return reportOf(plan, orphans)
  } finally {
    lock.release()
  }
}

/**
 * Not before the lock is held: until then an image without a name may be one that a build is about to name. A dry run has
 * no such care to take.
 */
function announce(parts: Parts, options: GarbageOptions): GarbagePlan {
  const plan = planGarbage(parts, options)
  for (const item of plan.items) options.onItem?.(item)
  return plan
}

/** Synced before anything goes that they need. */
function dropImages(layout: Layout, { images }: GarbagePlan): void {
  for (const { imageID, manifestDigest } of images) {
    rmSync(entryFile(layout, { imageID, manifest: manifestDigest }), { force: true })
  }
  syncPathSync(layout.images)
}

function removeItem(parts: Parts, { kind, id }: GarbageItem): void {
  switch (kind) {
    case 'image':
      return
    case 'record':
      return parts.records.remove(id)
    case 'layer':
      return parts.layers.remove(id)
    case 'snapshot':
      return parts.snapshots.remove(id)
    case 'hashes':
      return parts.contextHashes.remove(id)
    case 'blob':
      parts.blobs.remove(id)
  }
}

/** What registries have of what is not here any more is not worth knowing. */
function forgetRemote(layout: Layout, { layers, sources, origins, indexForms }: Parts): void {
  const diffIDs = new Set(layers.list())
  for (const hints of [sources, indexForms]) hints.keepOnly((diffID) => diffIDs.has(diffID))
  const imageIDs = new Set(listEntries(layout).map(({ imageID }) => imageID))
  origins.keepOnly((imageID) => imageIDs.has(imageID))
}

/** Every digest that ends a part of a record: those of listings are among them. */
function* listingsOf(records: InternalRecordStore): Generator<Digest> {
  for (const key of records.list()) {
    for (const { value } of records.peek(key)?.record.parts ?? []) {
      const last = value.slice(value.lastIndexOf(' ') + 1)
      if (isDigest(last)) yield last
    }
  }
}

/** So that a flag whose removal a power cut undoes never meets a folder that was made again after it. */
function syncRemovals({ layers, remoteLayers, snapshotMarks }: Layout): void {
  for (const folder of [layers, remoteLayers, snapshotMarks]) if (existsSync(folder)) syncPathSync(folder)
}

/** Nobody builds now, so nobody holds one; each step that was ever executed has left its folder. */
function dropStepLocks({ stepLocks }: Layout): void {
  rmSync(stepLocks, { recursive: true, force: true })
}

function reportOf({ items, left }: GarbagePlan, orphans = 0): GarbageReport {
  const count = (kind: GarbageItem['kind']): number => items.filter((item) => item.kind === kind).length
  return {
    images: count('image'),
    layers: count('layer'),
    snapshots: count('snapshot') + orphans,
    blobs: count('blob'),
    records: count('record'),
    bytes: sum(items.map(({ bytes }) => bytes)),
    left,
  }
}

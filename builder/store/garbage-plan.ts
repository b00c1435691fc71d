import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { BlobStore } from './blob-store.ts'
import type { ContextHashes } from './context-hashes.ts'
import { type DiskSizes, measureStore } from './disk-sizes.ts'
import { findReachable, type Reachable, readStacks } from './reachable.ts'
import { recordUses, usedWithLayer } from './record-uses.ts'
import { recordsOverCap } from './size-cap.ts'
import type { KeyedMark } from './snapshot-mark.ts'
import type {
  CompressedLayer,
  Container,
  GarbageItem,
  GarbageOptions,
  ImageStore,
  LayerStore,
  RecordStore,
  RecordUse,
  StoredImage,
} from './types.ts'

export interface PlanParts {
  readonly blobs: BlobStore
  readonly images: ImageStore
  readonly containers: { list(): readonly Container[] }
  readonly layers: LayerStore
  readonly compressed: { list(): readonly CompressedLayer[] }
  readonly records: RecordStore
  readonly snapshots: { marks(): readonly KeyedMark[]; get(chainID: Digest): object | undefined }
  readonly tags: { list(): readonly { readonly manifest: Digest }[] }
  readonly contextHashes: Pick<ContextHashes, 'list'>
}

/** What is to go, and how much stays. */
export interface GarbagePlan {
  readonly images: readonly StoredImage[]
  /** In the order in which they go: what refers before what it refers to. */
  readonly items: readonly GarbageItem[]
  readonly left: number
}

/** Decides without touching anything. STORE_INVALID when an image that stays, or a tag, is damaged. */
export function planGarbage(parts: PlanParts, options: GarbageOptions): GarbagePlan {
  const images = splitImages(parts, options)
  const records = splitRecords(parts.records, options)
  const sizes = measureStore(parts)
  const stacks = readStacks({
    images: images.kept,
    containers: parts.containers.list(),
    chains: new Set(parts.snapshots.marks().map(({ chainID }) => chainID)),
  })
  const plan = (dropped: ReadonlySet<RecordUse>): Sweep => {
    const kept = records.kept.filter((use) => !dropped.has(use))
    const cached = kept.flatMap(({ diffID }) => diffID ?? [])
    return sweep(parts, { options, sizes, kept, reachable: findReachable(stacks, cached, parts.layers) })
  }
  const whole = plan(new Set())
  const over = overCap(whole, records.kept, { parts, options, sizes })
  const { items, left } = over.length === 0 ? whole : plan(new Set(over))
  const heads = [...images.dropped.map(imageItem), ...records.damaged, ...[...records.dropped, ...over].map(recordItem)]
  return { images: images.dropped, items: [...heads, ...items], left }
}

interface Split<T> {
  readonly kept: readonly T[]
  readonly dropped: readonly T[]
}

/** An image that a container ran on stays, named or not. */
function splitImages(parts: PlanParts, { keepUnnamed: keep = true }: GarbageOptions): Split<StoredImage> {
  const named = new Set([
    ...parts.tags.list().map(({ manifest }) => manifest),
    ...parts.containers.list().map(({ manifestDigest }) => manifestDigest),
  ])
  return split(parts.images.list(), (image) => {
    if (named.has(image.manifestDigest)) return true
    return typeof keep === 'boolean' ? keep : mayKeep(image, keep)
  })
}

/** Of an image that cannot be read it cannot be told whether it may go. */
function mayKeep(image: StoredImage, keep: (image: StoredImage) => boolean): boolean {
  try {
    return keep(image)
  } catch (error) {
    if (isIbuildError(error)) return true
    throw error
  }
}

interface SplitRecords extends Split<RecordUse> {
  /** Files that can give no hit. */
  readonly damaged: readonly GarbageItem[]
}

function splitRecords(records: RecordStore, { keepRecords: keep = true }: GarbageOptions): SplitRecords {
  const { readable, damaged } = recordUses(records)
  return {
    ...split(usedWithLayer(readable), typeof keep === 'boolean' ? () => keep : keep),
    damaged: damaged.map((id) => ({ kind: 'record', id, bytes: 0 })),
  }
}

function split<T>(all: readonly T[], keep: (each: T) => boolean): Split<T> {
  const kept: T[] = []
  const dropped: T[] = []
  for (const each of all) (keep(each) ? kept : dropped).push(each)
  return { kept, dropped }
}

interface SweepInput {
  readonly options: GarbageOptions
  readonly sizes: DiskSizes
  readonly kept: readonly RecordUse[]
  readonly reachable: Reachable
}

interface Sweep {
  readonly items: readonly GarbageItem[]
  readonly left: number
  readonly reachable: Reachable
}

/** A layer goes before the snapshot that holds its bytes. */
function sweep(parts: PlanParts, { options, sizes, kept, reachable }: SweepInput): Sweep {
  const layers = parts.layers.list().filter((id) => !reachable.layers.has(id) || parts.layers.get(id) === undefined)
  const marks = parts.snapshots.marks().filter((mark) => !keepsSnapshot(parts, mark, { options, reachable }))
  const copies = compressedCopies(parts, options, reachable)
  const isNeeded = (digest: Digest): boolean =>
    reachable.blobs.has(digest) || reachable.layers.has(digest) || copies.has(digest)
  const blobs = parts.blobs.list().filter((digest) => !isNeeded(digest))
  const hashes = parts.contextHashes.list()
  const items = [
    ...layers.map((id) => ({ kind: 'layer', id, bytes: sizes.layers.get(id) ?? 0 }) as const),
    ...marks.map(({ chainID: id }) => ({ kind: 'snapshot', id, bytes: sizes.snapshots.get(id) ?? 0 }) as const),
    ...blobs.map((id) => ({ kind: 'blob', id, bytes: sizes.blobs.get(id) ?? 0 }) as const),
    ...(options.keepRecords === false ? hashes.map((each) => ({ kind: 'hashes', ...each }) as const) : []),
  ]
  const all = [sizes.layers, sizes.snapshots, sizes.blobs].flatMap((map) => [...map.values()])
  const left = sum(all) - sum(items.map(({ bytes }) => bytes)) + sum([...kept, ...hashes].map(({ bytes }) => bytes))
  return { items, left, reachable }
}

/** A compressed copy stays with its layer: making it again is the dearest part of writing an image. */
function compressedCopies({ compressed }: PlanParts, options: GarbageOptions, { layers }: Reachable): Set<Digest> {
  const { keepRecords, keepCompressed = keepRecords !== false } = options
  if (!keepCompressed) return new Set()
  return new Set(compressed.list().flatMap(({ diffID, digest }) => (layers.has(diffID) ? [digest] : [])))
}

/**
 * The snapshot of any layer that is kept is kept, though no image has that stack: the next build may. One that cannot be
 * read any more (an earlier boot left it unsynced) goes.
 */
function keepsSnapshot(
  { snapshots }: PlanParts,
  { chainID, mark }: KeyedMark,
  { options, reachable }: { readonly options: GarbageOptions; readonly reachable: Reachable },
): boolean {
  if (snapshots.get(chainID) === undefined) return false
  if (reachable.holders.has(chainID)) return true
  if (options.keepExtracted === false) return false
  if (reachable.imageChains.has(chainID)) return true
  return options.keepRecords !== false && reachable.layers.has(mark.diffID)
}

interface CapInput {
  readonly parts: PlanParts
  readonly options: GarbageOptions
  readonly sizes: DiskSizes
}

/** With a layer all snapshots and compressed copies of it go. */
function overCap(
  { left, reachable, items }: Sweep,
  records: readonly RecordUse[],
  { parts, options, sizes }: CapInput,
): RecordUse[] {
  if (options.maxBytes === undefined) return []
  const gone = new Set(items.map(({ id }) => id))
  const costs = new Map<Digest, number>()
  const addCost = (diffID: Digest, id: Digest, map: ReadonlyMap<Digest, number>): void => {
    if (!gone.has(id)) costs.set(diffID, (costs.get(diffID) ?? 0) + (map.get(id) ?? 0))
  }
  for (const diffID of sizes.layers.keys()) addCost(diffID, diffID, sizes.layers)
  for (const { chainID, mark } of parts.snapshots.marks()) addCost(mark.diffID, chainID, sizes.snapshots)
  for (const { diffID, digest } of parts.compressed.list()) addCost(diffID, digest, sizes.blobs)
  return recordsOverCap({
    records,
    pinned: reachable.imageLayers,
    costOf: (diffID) => costs.get(diffID) ?? 0,
    total: left,
    maxBytes: options.maxBytes,
  })
}

function imageItem({ imageID: id }: StoredImage): GarbageItem {
  return { kind: 'image', id, bytes: 0 }
}

function recordItem({ key: id, step, bytes }: RecordUse): GarbageItem {
  return { kind: 'record', id, bytes, step }
}

/** The total of any count of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}

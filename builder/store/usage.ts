import type { Digest } from '../../shared/base/digest.ts'
import { measureStore } from './disk-sizes.ts'
import { type PlanParts, sum } from './garbage-plan.ts'
import { findReachable, readStacks } from './reachable.ts'
import { recordUses } from './record-uses.ts'
import type { StoreUsage, UsagePart } from './types.ts'

/**
 * What takes how much, as far as known from file sizes. Each layer counts once: for images, else for containers, else for the
 * cache. STORE_INVALID when an image or a container is damaged: what it has is not known.
 */
export function measureUsage(parts: PlanParts): StoreUsage {
  const { layers } = parts
  const [images, containers] = [parts.images.list(), parts.containers.list()]
  const records = recordUses(parts.records).readable
  const ofImages = readStacks({ images })
  const ofContainers = readStacks({ containers })
  const all = findReachable(
    {
      blobs: new Set(),
      layers: new Set([...ofImages.layers, ...ofContainers.layers]),
      chains: new Set(),
    },
    records.flatMap(({ diffID }) => diffID ?? []),
    layers,
  )
  const copies = new Set(
    parts.compressed.list().flatMap(({ diffID, digest }) => (all.layers.has(diffID) ? [digest] : [])),
  )

  const tally = createTally()
  const ownerOf = (diffID: Digest): Kind => {
    if (ofImages.layers.has(diffID)) return 'images'
    if (ofContainers.layers.has(diffID)) return 'containers'
    return all.layers.has(diffID) ? 'cache' : 'garbage'
  }
  const sizes = measureStore(parts)
  for (const [diffID, bytes] of sizes.layers) tally.add(ownerOf(diffID), bytes)
  for (const { chainID, mark } of parts.snapshots.marks()) {
    const kind = all.layers.has(mark.diffID) ? 'extracted' : 'garbage'
    tally.add(all.holders.has(chainID) ? ownerOf(mark.diffID) : kind, sizes.snapshots.get(chainID) ?? 0)
  }
  for (const [digest, bytes] of sizes.blobs) {
    if (ofImages.blobs.has(digest)) tally.add('images', bytes)
    else if (ofContainers.blobs.has(digest)) tally.add('containers', bytes)
    else if (!all.layers.has(digest)) tally.add(copies.has(digest) ? 'compressed' : 'garbage', bytes)
  }
  for (const { bytes } of [...records, ...parts.contextHashes.list()]) tally.add('cache', bytes)
  return tally.usage({
    images: images.length,
    containers: containers.length,
    cache: records.length,
    compressed: copies.size,
  })
}

type Kind = Exclude<keyof StoreUsage, 'total'>

interface Tally {
  add(kind: Kind, bytes: number): void
  /** Counts that are given stand for how often something was added. */
  usage(counts: Readonly<Partial<Record<Kind, number>>>): StoreUsage
}

function createTally(): Tally {
  const totals = new Map<Kind, UsagePart>()
  const none: UsagePart = { count: 0, bytes: 0 }
  const partOf = (kind: Kind, count?: number): UsagePart => {
    const part = totals.get(kind) ?? none
    return { ...part, count: count ?? part.count }
  }
  const add = (kind: Kind, size: number): void => {
    const { count, bytes } = partOf(kind)
    totals.set(kind, { count: count + 1, bytes: bytes + size })
  }
  return {
    add,
    usage: (counts) => ({
      images: partOf('images', counts.images),
      containers: partOf('containers', counts.containers),
      cache: partOf('cache', counts.cache),
      compressed: partOf('compressed', counts.compressed),
      extracted: partOf('extracted'),
      garbage: partOf('garbage'),
      total: sum([...totals.values()].map(({ bytes }) => bytes)),
    }),
  }
}

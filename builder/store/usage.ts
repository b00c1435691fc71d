import type { Digest } from '../../shared/base/digest.ts'
import { measureStore } from './disk-sizes.ts'
import { type PlanParts, sum } from './garbage-plan.ts'
import { findReachable } from './reachable.ts'
import type { StoreUsage, UsagePart } from './types.ts'

/**
 * What takes how much, as far as known from file sizes. Each layer counts once: for images, else for containers, else for the
 * cache. STORE_INVALID when an image or a container is damaged: what it has is not known.
 */
export function measureUsage(parts: PlanParts): StoreUsage {
  const { layers } = parts
  const [images, containers] = [parts.images.list(), parts.containers.list()]
  const records = parts.records.list().flatMap((key) => parts.records.peek(key) ?? [])
  const cached = records.flatMap(({ record }) => record.diffID ?? [])
  const ofImages = findReachable({ images, containers: [], cached: [], layers })
  const used = findReachable({ images, containers, cached: [], layers })
  const all = findReachable({ images, containers, cached, layers })
  const copies = new Set(
    parts.compressed.list().flatMap(({ diffID, digest }) => (all.layers.has(diffID) ? [digest] : [])),
  )

  const tally = createTally()
  const ownerOf = (diffID: Digest): Kind => {
    if (ofImages.layers.has(diffID)) return 'images'
    if (used.layers.has(diffID)) return 'containers'
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
    else if (used.blobs.has(digest)) tally.add('containers', bytes)
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
  const sizes: Record<Kind, number[]> = {
    images: [],
    containers: [],
    cache: [],
    compressed: [],
    extracted: [],
    garbage: [],
  }
  const partOf = (kind: Kind, count = sizes[kind].length): UsagePart => ({ count, bytes: sum(sizes[kind]) })
  return {
    add: (kind, bytes) => sizes[kind].push(bytes),
    usage: (counts) => ({
      images: partOf('images', counts.images),
      containers: partOf('containers', counts.containers),
      cache: partOf('cache', counts.cache),
      compressed: partOf('compressed', counts.compressed),
      extracted: partOf('extracted'),
      garbage: partOf('garbage'),
      total: sum(Object.values(sizes).flat()),
    }),
  }
}

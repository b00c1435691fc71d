import type { Digest } from '../../shared/base/digest.ts'
import type { RecordUse } from './types.ts'

export interface SizeCap {
  readonly records: readonly RecordUse[]
  /** Layers of images: their records are kept, because dropping them frees nothing. */
  readonly pinned: ReadonlySet<Digest>
  /** What goes with a layer when it is dropped, in bytes. */
  readonly costOf: (diffID: Digest) => number
  /** Bytes of all that stays as long as every record does. */
  readonly total: number
  readonly maxBytes: number
}

/**
 * The records to drop so that what is left has at most `maxBytes`: whole layers, those used longest ago first, each with
 * all records that name it. A record pins only its own layer, so no step keeps the steps below it from going.
 */
export function recordsOverCap({ records, pinned, costOf, total, maxBytes }: SizeCap): RecordUse[] {
  const dropped: RecordUse[] = []
  let left = total
  for (const { diffID, group, bytes } of byLastUse(records.filter((use) => !isPinned(use, pinned)))) {
    if (left <= maxBytes) break
    dropped.push(...group)
    left -= bytes + costOf(diffID)
  }
  return dropped
}

function isPinned({ diffID }: RecordUse, pinned: ReadonlySet<Digest>): boolean {
  return diffID === undefined || pinned.has(diffID)
}

interface LayerUse {
  readonly diffID: Digest
  readonly group: RecordUse[]
  usedAt: number
  bytes: number
}

function byLastUse(records: readonly RecordUse[]): LayerUse[] {
  const uses = new Map<Digest, LayerUse>()
  for (const use of records) {
    const { diffID } = use
    if (diffID === undefined) continue
    const layer = uses.get(diffID) ?? { diffID, group: [], usedAt: 0, bytes: 0 }
    layer.group.push(use)
    layer.usedAt = Math.max(layer.usedAt, use.usedAt)
    layer.bytes += use.bytes
    uses.set(diffID, layer)
  }
  return [...uses.values()].sort((a, b) => a.usedAt - b.usedAt)
}

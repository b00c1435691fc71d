import type { HistoryEntry, ImageConfig } from '../../shared/oci/config.ts'
import { historyComment } from '../plan/stage-state.ts'

/** The history of a base with one entry for each of its layers; layers that it does not mention get an entry at the end. */
export function fullHistory({ history = [], rootfs, created }: ImageConfig): HistoryEntry[] {
  const missing = rootfs.diff_ids.length - history.filter((entry) => entry.empty_layer !== true).length
  const filler: HistoryEntry = { ...(created !== undefined && { created }), comment: 'layer without history' }
  return [...history, ...Array.from({ length: Math.max(0, missing) }, () => filler)]
}

/**
 * Gives each new entry without a time that of the next layer after it, else of the last one before it, else `fallback`
 * (an image without layers of its own).
 */
export function fillTimes(history: readonly HistoryEntry[], fallback: string): HistoryEntry[] {
  return history.map((entry, i) => {
    if (entry.created !== undefined || entry.comment !== historyComment) return entry
    const next = history.slice(i + 1).find(isNewLayer)
    const created = next?.created ?? history.slice(0, i).findLast(isNewLayer)?.created ?? fallback
    return { created, ...entry }
  })
}

function isNewLayer(entry: HistoryEntry): boolean {
  return entry.comment === historyComment && entry.created !== undefined
}

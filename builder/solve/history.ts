import type { HistoryEntry } from '../../shared/oci/config.ts'
import { historyComment } from '../plan/stage-state.ts'

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

import type { HistoryEntry, ImageConfig } from '../../shared/oci/config.ts'

/** The history of an image with one entry for each of its layers; layers that it does not mention get an entry at the end. */
export function fullHistory({ history = [], rootfs, created }: ImageConfig): HistoryEntry[] {
  const missing = rootfs.diff_ids.length - history.filter((entry) => entry.empty_layer !== true).length
  const filler: HistoryEntry = { ...(created !== undefined && { created }), comment: 'layer without history' }
  return [...history, ...Array.from({ length: Math.max(0, missing) }, () => filler)]
}

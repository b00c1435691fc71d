import type { StoredImage } from '../../builder/store/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import type { HistoryEntry } from '../../shared/oci/config.ts'

/** An entry of an image's history with the layer that it made. */
export interface HistoryLine {
  readonly entry: HistoryEntry
  readonly diffID: Digest | undefined
  /** Bytes of the layer, uncompressed; 0 without one. */
  readonly size: number
}

/** The base first. Pairs each entry that made a layer with the next layer; layers without an entry come last. */
export function historyLines({ config, manifest }: Pick<StoredImage, 'config' | 'manifest'>): HistoryLine[] {
  let next = 0
  const take = (entry: HistoryEntry): HistoryLine => {
    const layer = manifest.layers[next]
    const diffID = config.rootfs.diff_ids[next]
    next++
    return { entry, diffID, size: layer?.size ?? 0 }
  }
  const lines = (config.history ?? []).map((entry) =>
    entry.empty_layer === true ? { entry, diffID: undefined, size: 0 } : take(entry),
  )
  while (next < config.rootfs.diff_ids.length) lines.push(take({}))
  return lines
}

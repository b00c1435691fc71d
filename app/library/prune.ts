import { checkOptions } from '../../builder/check-options.ts'
import { openStore } from '../../builder/store/open.ts'
import type { GarbageItem, GarbageReport } from '../../builder/store/types.ts'
import { cancellable } from '../../shared/base/abort.ts'
import type { AbortOptions, StoreOptions } from './options.ts'

/** What `prune` removes beside layers, snapshots and blobs that nothing reaches. */
export interface PruneOptions extends StoreOptions, AbortOptions {
  /** Images without a name; true unless told otherwise. */
  readonly unnamedImages?: boolean
  /** The build cache; false unless told otherwise. */
  readonly cache?: boolean
  /** Takes cached layers too, those used longest ago first, until all that is left has at most so many bytes. */
  readonly maxBytes?: number
  /** Only tells what would go. */
  readonly dryRun?: boolean
  /** Is told each thing that goes, before any of them does; when it throws, nothing goes. */
  readonly onItem?: (item: GarbageItem) => void
}

/** Removes what nothing needs. Waits for builds on the same store, those of this process included. Errors: `CANCELLED`. */
export async function prune(options: PruneOptions): Promise<GarbageReport> {
  checkOptions('prune', options, ['root'])
  const { root, unnamedImages = true, cache = false, maxBytes, dryRun = false, onItem } = options
  return cancellable(options.signal, async () => {
    const kept = { keepUnnamed: !unnamedImages, keepRecords: !cache, ...(maxBytes !== undefined && { maxBytes }) }
    const { signal } = options
    return openStore(root).collectGarbage({ ...kept, dryRun, signal, ...(onItem !== undefined && { onItem }) })
  })
}

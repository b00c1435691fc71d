import { openStore } from '../../builder/store/open.ts'
import type { GarbageReport } from '../../builder/store/types.ts'
import { cancellable } from '../../shared/base/abort.ts'
import type { AbortOptions, StoreOptions } from './options.ts'

/** What `prune` removes beside layers, snapshots and blobs that nothing reaches. */
export interface PruneOptions extends StoreOptions, AbortOptions {
  /** Images without a name; true unless told otherwise. */
  readonly unnamedImages?: boolean
  /** The build cache; false unless told otherwise. */
  readonly cache?: boolean
}

/** Removes what nothing needs. Waits for builds on the same store, those of this process included. Errors: `CANCELLED`. */
export async function prune(options: PruneOptions): Promise<GarbageReport> {
  const { root, unnamedImages = true, cache = false, signal } = options
  return cancellable(signal, async () =>
    openStore(root).collectGarbage({ keepUnnamed: !unnamedImages, keepRecords: !cache, ...(signal && { signal }) }),
  )
}

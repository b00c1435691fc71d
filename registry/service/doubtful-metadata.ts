import { type Change, ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'

/** Holds in memory what the metadata say. */
export interface MetadataHolder {
  /** Forgets all, and holds nothing until {@link resume}; what was read before that is not held either. */
  suspend(): void
  resume(): void
}

/**
 * The same metadata. After a change that failed in any other way than by a conflict nobody knows whether it was made: readers
 * may be shown what was before it, until the store can be written again, and then what is after it. So long nothing of what
 * they read is to be held.
 */
export function suspendInDoubt(metadata: RowStore, holders: readonly MetadataHolder[]): RowStore {
  let isDoubtful = false
  const commit = async (change: Change): Promise<void> => {
    try {
      await metadata.commit(change)
    } catch (error) {
      if (!(error instanceof ChangeConflict) && !isDoubtful) for (const holder of holders) holder.suspend()
      isDoubtful ||= !(error instanceof ChangeConflict)
      throw error
    }
    if (isDoubtful) for (const holder of holders) holder.resume()
    isDoubtful = false
  }
  return { ...metadata, commit }
}

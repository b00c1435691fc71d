import type { Change, RowStore } from '../../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'
import type { Random } from '../../storage/testing/simulated-disk.ts'

/** Metadata that lose, with the power, the last changes that were not synced: a part of them, or all. */
export interface CutMetadata {
  readonly store: RowStore
  /** What is there after a power cut. */
  cut(random: Random): Promise<RowStore>
}

/** `onCall` is called before a change is made, and may throw; with `isSynced` false even changes that are not minor are lost. */
export function createCutMetadata(onCall: () => void, isSynced = true): CutMetadata {
  const memory = createMemoryMetadata()
  const changes: Change[] = []
  let durable = 0
  return {
    store: {
      ...memory,
      commit: async (change) => {
        onCall()
        await memory.commit(change)
        changes.push(change)
        // They are in one log, so that a sync takes along what came before.
        if (isSynced && change.isMinor !== true) durable = changes.length
        onCall()
      },
    },
    cut: async (random) => {
      const after = createMemoryMetadata()
      const kept = durable + Math.floor(random() * (changes.length - durable + 1))
      for (const { expect: _, ...change } of changes.slice(0, kept)) await after.commit(change)
      return after
    },
  }
}

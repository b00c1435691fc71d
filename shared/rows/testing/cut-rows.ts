import type { Change, RowStore } from '../row-store.ts'

/** Rows that lose, with the power, the last changes that were not synced: a part of them, or all. */
export interface CutRows {
  readonly store: RowStore
  /** What is there after a power cut. `random` is from 0 to below 1. */
  cut(random: () => number): Promise<RowStore>
}

export interface CutRowsOptions {
  /** A new store in memory. */
  readonly create: () => RowStore
  /** Called before and after a change is made; may throw. */
  readonly onCall: () => void
  /** False: even changes that are not minor are lost. */
  readonly isSynced?: boolean
}

export function createCutRows({ create, onCall, isSynced = true }: CutRowsOptions): CutRows {
  const memory = create()
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
      const after = create()
      const kept = durable + Math.floor(random() * (changes.length - durable + 1))
      for (const { expect: _, ...change } of changes.slice(0, kept)) await after.commit(change)
      return after
    },
  }
}

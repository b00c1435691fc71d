import { inParallel } from '../../shared/base/in-parallel.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { TrashKeeper } from '../ports.ts'
import { isKept, keptUntil } from '../state/trash.ts'

/** What the trash keeps, by its rows: one look for each digest, whatever else is in it. */
export function createTrashKeeper(rows: RowStore): TrashKeeper {
  return {
    keeps: async (repository, digests) => {
      const kept = await inParallel([...new Set(digests)], { atOnce: 16 }, async (digest) =>
        (await isKept(rows, repository, digest)) ? [digest] : [],
      )
      return new Set(kept.flat())
    },
    until: async (repository, digest) => keptUntil(rows, repository, digest),
  }
}

import { existsSync } from 'node:fs'
import type { GcRoots } from '../../registry/gc/types.ts'
import { createTrashKeeper } from '../../retention/run/trash-keeper.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import { openState } from '../../retention/state/open-state.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { trashRoots } from './trash-roots.ts'

/** The trash of a data folder whose retention does not run in this process. */
export interface StoredTrash extends AsyncDisposable {
  /** Opens it when it is asked for the first time. Rejects with SERVER_BUSY when another process has it open, STORE_INVALID. */
  readonly roots: GcRoots
}

export function storedTrash(root: string, onNotice: (notice: string) => void): StoredTrash {
  const folder = retentionLayout(root).database('registry')
  let opened: Promise<RowStore> | undefined
  const rows = async (): Promise<RowStore | undefined> => {
    if (opened === undefined && !existsSync(folder)) return undefined
    opened ??= openState({ folder, onNotice })
    opened.catch(() => {
      opened = undefined // whoever has it open may be gone the next time
    })
    return opened
  }
  return {
    roots: trashRoots({
      keeps: async (...asked) => {
        const found = await rows()
        return found === undefined ? new Set() : createTrashKeeper(found).keeps(...asked)
      },
      until: async (...asked) => {
        const found = await rows()
        return found === undefined ? undefined : createTrashKeeper(found).until(...asked)
      },
    }),
    async [Symbol.asyncDispose]() {
      const known = await opened?.catch(() => undefined)
      await known?.close()
    },
  }
}

import { existsSync } from 'node:fs'
import type { Source } from '../../retention/facts.ts'
import type { CheckCron } from '../../retention/policy/problem.ts'
import type { Inventory, TrashKeeper } from '../../retention/ports.ts'
import { type OpenRetention, openRetention, type RetentionOptions } from '../../retention/run/open-retention.ts'
import { createTrashKeeper } from '../../retention/run/trash-keeper.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import { createMemoryState, openState } from '../../retention/state/open-state.ts'
import { makeDataRoot } from '../../shared/cas/data-root.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'

export interface SourceOptions extends Pick<RetentionOptions, 'log' | 'disk'> {
  /** The data folder; made where there is none. */
  readonly root: string
  readonly source: Source
  /** Makes what the policy is applied to, which asks the trash at each removal. */
  readonly inventory: (trash: TrashKeeper) => Inventory | Promise<Inventory>
  readonly checkCron: CheckCron
  readonly now?: (() => number) | undefined
  /** Nothing is changed: where there is no state yet, none is made. */
  readonly onlyReads?: boolean
}

/** Retention of one source, with its state in the data folder, which then is this process's alone. Errors: SERVER_BUSY, STORE_INVALID, those of the inventory. */
export async function openSource(options: SourceOptions): Promise<OpenRetention> {
  const { inventory, checkCron, log, disk, now = Date.now } = options
  const rows = await rowsOf(options)
  try {
    const found = await inventory(createTrashKeeper(rows))
    return await openRetention({ inventory: found, rows, now, checkCron, log, disk })
  } catch (error) {
    await rows.close()
    throw error
  }
}

async function rowsOf({ root, source, log, onlyReads = false }: SourceOptions): Promise<RowStore> {
  const folder = retentionLayout(root).database(source)
  if (onlyReads && !existsSync(folder)) return createMemoryState()
  await makeDataRoot(root)
  return openState({ folder, onNotice: (text) => log.warn(text) })
}

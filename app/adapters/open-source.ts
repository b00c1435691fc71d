import type { Source } from '../../retention/facts.ts'
import type { CheckCron } from '../../retention/policy/problem.ts'
import type { Inventory, TrashKeeper } from '../../retention/ports.ts'
import { type OpenRetention, openRetention, type RetentionOptions } from '../../retention/run/open-retention.ts'
import { createTrashKeeper } from '../../retention/run/trash-keeper.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import { openState } from '../../retention/state/open-state.ts'

export interface SourceOptions extends Pick<RetentionOptions, 'log' | 'disk'> {
  /** The data folder that there is. */
  readonly root: string
  readonly source: Source
  /** Makes what the policy is applied to, which asks the trash at each removal. */
  readonly inventory: (trash: TrashKeeper) => Inventory | Promise<Inventory>
  readonly checkCron: CheckCron
  readonly now?: (() => number) | undefined
}

/** Retention of one source, with its state in the data folder, which then is this process's alone. Errors: SERVER_BUSY, STORE_INVALID, those of the inventory. */
export async function openSource(options: SourceOptions): Promise<OpenRetention> {
  const { root, source, inventory, checkCron, log, disk, now = Date.now } = options
  const onNotice = (text: string): void => log.warn(text)
  const rows = await openState({ folder: retentionLayout(root).database(source), onNotice })
  try {
    const found = await inventory(createTrashKeeper(rows))
    return await openRetention({ inventory: found, rows, now, checkCron, log, disk })
  } catch (error) {
    await rows.close()
    throw error
  }
}

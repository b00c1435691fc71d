import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Source } from '../../retention/facts.ts'
import type { CheckCron } from '../../retention/policy/problem.ts'
import type { Inventory, TrashKeeper } from '../../retention/ports.ts'
import { type OpenRetention, openRetention, type RetentionOptions } from '../../retention/run/open-retention.ts'
import { createTrashKeeper } from '../../retention/run/trash-keeper.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import { createMemoryState, openState } from '../../retention/state/open-state.ts'
import { makeDataRoot } from '../../shared/cas/data-root.ts'
import { syncPath } from '../../shared/cas/disk.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'

export interface SourceOptions extends Pick<RetentionOptions, 'log' | 'disk'> {
  /** The data folder; made where there is none. */
  readonly root: string
  readonly source: Source
  /** Names the daemon, of several that each have a state of their own. */
  readonly daemon?: string | undefined
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

async function rowsOf({ root, source, daemon, log, onlyReads = false }: SourceOptions): Promise<RowStore> {
  const layout = retentionLayout(root)
  const [folder, shared] = [layout.database(source, daemon), layout.database(source)]
  const onNotice = (text: string): void => log.warn(text)
  const isShared = daemon !== undefined && !existsSync(folder) && existsSync(shared)
  if (onlyReads && isShared) return openState({ folder: shared, onNotice })
  if (onlyReads && !existsSync(folder)) return createMemoryState()
  await makeDataRoot(root)
  if (isShared) {
    await takeOver(shared, folder)
    log.info('what was remembered of all Docker daemons together is of one from now on', { folder })
  }
  return openState({ folder, onNotice })
}

/** Opened first, so that nobody else has it. Errors: SERVER_BUSY, STORE_INVALID. */
async function takeOver(shared: string, folder: string): Promise<void> {
  const rows = await openState({ folder: shared })
  await rows.close()
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  await rename(shared, folder)
  for (const path of [dirname(folder), dirname(shared)]) await syncPath(path)
}

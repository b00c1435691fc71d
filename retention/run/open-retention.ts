import { createSlots } from '../../shared/base/slots.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { ItemName } from '../facts.ts'
import type { CheckCron } from '../policy/problem.ts'
import { readPolicy } from '../policy/read-policy.ts'
import type { Inventory, TrashKeeper } from '../ports.ts'
import { createJobBook, type JobBook } from '../state/jobs.ts'
import { listPlans } from '../state/plans.ts'
import { listRuns } from '../state/runs.ts'
import { Busy } from './busy.ts'
import { createIDs } from './ids.ts'
import type { DiskSpace, Parts } from './parts.ts'
import { DiskPressure } from './pressure.ts'
import { rememberingLast } from './remembering-last.ts'
import { Retention } from './service.ts'
import { settle } from './settle.ts'
import { createTrashKeeper } from './trash-keeper.ts'
import type { RetentionService, Run } from './types.ts'

export interface RetentionOptions {
  readonly inventory: Inventory
  /** Of the source's own; closed with the service. See `openState` in retention/state. */
  readonly rows: RowStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Says what is wrong with a cron expression; undefined when nothing is. */
  readonly checkCron: CheckCron
  readonly log: Parts['log']
  /** Of what the inventory lies on. Without it the trash is not purged before its time. */
  readonly disk?: (() => Promise<DiskSpace>) | undefined
}

export interface OpenRetention {
  readonly service: RetentionService
  /** Removes items that somebody names, as a run of its own. OBJECT_NOT_FOUND, RETENTION_GUARDED, RETENTION_BUSY. */
  readonly remove: (names: readonly ItemName[], by: string) => Promise<Run>
  /** The same as `createTrashKeeper` makes of the rows, for an inventory that is there before. */
  readonly trash: TrashKeeper
  /** For schedule and mirror jobs. */
  readonly jobs: JobBook
  /** All rows at one moment, for backups. */
  readonly snapshot: RowStore['snapshot']
}

/**
 * Retention of one source. What an interrupted run left is settled first, as far as the inventory answers. Errors: those of the rows; the
 * inventory may fail.
 */
export async function openRetention(options: RetentionOptions): Promise<OpenRetention> {
  const { inventory, rows, now, checkCron, log, disk } = options
  const parts: Parts = {
    inventory,
    rows,
    now,
    newID: createIDs(now, await lastID(rows)),
    readPolicy: rememberingLast((text) => readPolicy(text, { checkCron, source: inventory.source })),
    log,
    turn: createSlots(1),
  }
  await settle(parts)
  const jobs = createJobBook(rows)
  const service = new Retention({ ...parts, busy: new Busy(), jobs, pressure: new DiskPressure(parts, disk) })
  return {
    service,
    remove: async (names, by) => service.remove(names, by),
    trash: createTrashKeeper(rows),
    jobs,
    snapshot: () => rows.snapshot(),
  }
}

async function lastID(rows: RowStore): Promise<string | undefined> {
  const [[plan], [run]] = await Promise.all([listPlans(rows), listRuns(rows, 1)])
  return [plan?.id ?? '', run?.id ?? ''].sort().at(-1) || undefined
}

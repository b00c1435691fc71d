import { withAudit } from '../../shared/audit/audit-chain.ts'
import type { AuditLimits } from '../../shared/audit/audit-rows.ts'
import { type LevelRowsOptions, openLevelRows } from '../../shared/rows/level-rows.ts'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'

export const retentionDatabase: DatabaseKind = {
  what: 'the plans and the trash of retention',
  format: 1,
  formerFormats: [],
  afterRepair: [],
  whenBusy: 'A server that is running has them: ask it, or stop it first.',
  whenLost: 'Put a copy of the folder back; what was in the trash is not known without it.',
}

/** Each item that goes is an entry of some three hundred bytes. */
const usualAudit: Partial<AuditLimits> = { bytes: 256 * 1024 * 1024 }

export interface StateOptions extends LevelRowsOptions {
  readonly audit?: Partial<AuditLimits>
}

/** Rows of retention in a database of their own. Errors as of {@link openLevelRows}. */
export async function openState({ audit, ...options }: StateOptions): Promise<RowStore> {
  return openLevelRows(retentionDatabase, options, (target) => withAudit(target, { ...usualAudit, ...audit }))
}

/** The same without a disk, for who only looks, and for tests. */
export function createMemoryState(audit?: Partial<AuditLimits>): RowStore {
  return createMemoryRows((target) => withAudit(target, audit))
}

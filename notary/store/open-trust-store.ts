import { type LevelRowsOptions, openLevelRows } from '../../shared/rows/level-rows.ts'
import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { DatabaseKind } from '../../shared/rows/open-level.ts'
import { createTrustStore, type TrustStoreOptions } from './trust-store.ts'
import type { TrustStore } from './types.ts'
import { withLogs } from './with-logs.ts'

export const notaryDatabase: DatabaseKind = {
  what: 'the metadata of trusted collections',
  format: 1,
  formerFormats: [],
  afterRepair: [],
  whenBusy: 'A server that is running has it: stop it first.',
  whenLost: 'Put a copy of the folder back, or let those who sign publish anew.',
}

/** Trusted collections in a database of their own. Errors as of {@link openLevelRows}. */
export async function openTrustStore(options: LevelRowsOptions & TrustStoreOptions): Promise<TrustStore> {
  return createTrustStore(await openLevelRows(notaryDatabase, options, withLogs(options.audit)), options)
}

/** The same without a disk, for tests. */
export function createMemoryTrustStore(options: TrustStoreOptions = {}): TrustStore {
  return createTrustStore(createMemoryRows(withLogs(options.audit)), options)
}

import { createMemoryRows } from '../../shared/rows/memory-rows.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { withUsage } from './usage-rows.ts'

/** The metadata of a registry without a disk, for tests: what is in it goes with it. */
export function createMemoryMetadata(): RowStore {
  return createMemoryRows(withUsage)
}

import { type CutRows, createCutRows } from '../../../shared/rows/testing/cut-rows.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'

/** `onCall` is called before a change is made, and may throw; with `isSynced` false even changes that are not minor are lost. */
export function createCutMetadata(onCall: () => void, isSynced = true): CutRows {
  return createCutRows({ create: createMemoryMetadata, onCall, isSynced })
}

import type { DatabaseKind } from '../open-level.ts'

/** Of a database of no room. */
export const testKind: DatabaseKind = {
  what: 'the rows',
  format: 2,
  formerFormats: [1],
  afterRepair: [{ key: 'repaired', value: 'true' }],
  whenBusy: 'Stop the other one.',
  whenLost: 'Put a copy back.',
}

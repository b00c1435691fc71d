import type { FurtherDatabase } from '../../registry/backup/further-parts.ts'

/** A database of a data folder beside the registry's, and where the process that has it open gives its rows. */
export interface KeptDatabase extends FurtherDatabase {
  /** Below the data folder. */
  readonly socket: string
}

import type { GcFlags } from './flags.ts'

/** What retention on the files of the data folder is opened by. */
export interface AloneOptions {
  /** The data folder. */
  readonly root: string
  readonly flags: GcFlags
  /** Nothing is changed. */
  readonly onlyReads: boolean
}

import type { Layout } from './layout.ts'
import type { TempFolders } from './temp-folders.ts'
import type { SharedLockOptions } from './types.ts'

/** What the parts of one store share. */
export interface StoreContext {
  readonly layout: Layout
  readonly temps: TempFolders
  /** Runs `work` while garbage collection is kept away. */
  underShared<T>(work: () => Promise<T>, options?: SharedLockOptions): Promise<T>
}

import type { RowStore } from '../../shared/rows/row-store.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import type { DigestLocks } from './digest-locks.ts'
import type { Tell } from './occurrence.ts'
import type { QuotaGuard } from './quota.ts'
import type { RemovalHolds } from './removal-holds.ts'
import type { SpaceGuard } from './space.ts'

/** What the parts of the service work on together. */
export interface ServiceParts {
  readonly driver: BlobDriver
  readonly metadata: RowStore
  /**
   * Held by whoever stores bytes under a digest, until the rows that name it are durable; and by whoever removes such rows,
   * until the bytes are gone when these were the last: so bytes never go that somebody is about to name. Pushes of one manifest
   * share it: they store the same bytes, and their rows share a sync.
   */
  readonly locks: DigestLocks
  /** While anybody holds, no bytes go: see {@link RemovalHolds}. */
  readonly holds: RemovalHolds
  readonly space: SpaceGuard
  readonly quota: QuotaGuard
  /** Called before anything is written; throws when nothing may be. */
  readonly guard: () => void
  /** Does work that writes and that nobody asked for; not while nothing may be written, and whoever ends that waits for it. */
  readonly housekeep: (work: () => Promise<void>) => Promise<void>
  /** Gives the rows that tell of a change; they go into that change. */
  readonly tell: Tell
  /** Milliseconds since the epoch, by a clock that people and machines set: for what is written down. */
  readonly now: () => number
  /** Milliseconds since any moment, by a clock that nobody sets: for how long ago something was. */
  readonly elapsed: () => number
}

import type { ServiceInner } from '../service/create-service.ts'
import type { Keeper } from './keepers.ts'
import type { Review } from './queue.ts'
import type { RootOf } from './roots.ts'
import type { GcSettings } from './types.ts'

/** What a sweep works on: the parts of the service, with which it shares locks, leases and what is in memory. */
export interface SweepParts extends ServiceInner {
  readonly settings: () => GcSettings
}

/** A digest in a repository, for which the lock is held and that nobody has a lease of. */
export interface Claimed {
  readonly review: Review
  /** The source that says that it must stay. */
  readonly rootOf: RootOf
  /** Rows of the digest in this repository, as they were under the lock. */
  readonly manifest: string | undefined
  readonly link: string | undefined
  readonly loose: string | undefined
}

export type Verdict =
  | { readonly kind: 'removed'; readonly what: 'manifest' | 'link'; readonly bytes: number | undefined }
  /** The look is over: when what keeps it goes, that asks for another one. */
  | { readonly kind: 'kept'; readonly by: Keeper }
  | { readonly kind: 'absent' }
  /** It is to be looked at again, that many milliseconds later. */
  | { readonly kind: 'waits'; readonly why: Wait; readonly wait: number; readonly after?: string }

export type Wait = 'lease' | 'grace' | 'policy' | 'root' | 'unread' | 'conflict' | 'more'

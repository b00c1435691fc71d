import type { Digest } from '../../shared/base/digest.ts'
import type { RepositoryName } from '../protocol/names.ts'

/** What of the garbage collection can be configured. Times in milliseconds. */
export interface GcSettings {
  readonly enabled: boolean
  /** From what may have freed something to the first look at it. */
  readonly delay: number
  /** How long what a client was told to be there stays, after the last work of a push in its repository. */
  readonly lease: number
  readonly untagged: {
    readonly remove: boolean
    /** How long a manifest stays that has no tag and that nothing refers to. */
    readonly keep: number
  }
}

/**
 * Content that must stay for a reason that the metadata do not tell. Whoever makes something a root takes a lease on it first, and
 * only then writes it down: so it is either seen here or leased.
 */
export interface GcRoots {
  /** For people. */
  readonly name: string
  /** True where what it keeps may be purged all the same: by who gave up what tags led to. */
  readonly yieldsToPurge?: boolean
  /**
   * Which of the digests must stay in the repository. As long as this rejects, or takes longer than a collection waits, nothing is
   * removed.
   */
  keeps(name: RepositoryName, digests: readonly Digest[]): Promise<ReadonlySet<Digest>>
  /** Until when it keeps one of these, where that is known: milliseconds since the epoch. For people. */
  until?(name: RepositoryName, digest: Digest): Promise<number | undefined>
}

/** What was done. */
export interface GcCounts {
  /** Looks at a digest in a repository. */
  readonly reviewed: number
  readonly manifests: number
  /** Blobs that a repository no longer has. */
  readonly links: number
  /** Blobs and manifests whose bytes went. */
  readonly blobs: number
  /** Bytes. */
  readonly freed: number
  readonly failures: number
}

export interface GcRound extends GcCounts {
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly milliseconds: number
  /** True when more was due than a round takes. */
  readonly isMore: boolean
  /** Why it removed nothing, or ended early; one sentence each. */
  readonly held: readonly string[]
}

/** One that failed. */
export interface GcFailure {
  readonly repository: string
  readonly digest: Digest
  readonly message: string
  readonly tries: number
  /** When it is tried again; milliseconds since the epoch. */
  readonly againAt: number
}

export interface GcStatus {
  readonly isOn: boolean
  /** Why nothing is removed now; one sentence each. */
  readonly held: readonly string[]
  /** True once it is written down of all manifests what they refer to. */
  readonly isPrepared: boolean
  readonly queue: {
    /** Counted up to a cap. */
    readonly length: number
    readonly isMore: boolean
    readonly due: number
    /** When the next is due; milliseconds since the epoch. Null when nothing waits. */
    readonly nextAt: number | null
  }
  readonly leases: {
    readonly count: number
    /** Milliseconds for which everything is kept. */
    readonly allFor: number
  }
  readonly lastRound: GcRound | null
  /** Since the start. */
  readonly total: GcCounts
  /** The last ones. */
  readonly failures: readonly GcFailure[]
}

export interface GcRunOptions {
  /** Looks also at what is not due yet. Leases, and the time that untagged manifests are kept, count all the same. */
  readonly isNow?: boolean
  /** Looks only at what happened until then; milliseconds since the epoch. */
  readonly until?: number
}

export const noCounts: GcCounts = { reviewed: 0, manifests: 0, links: 0, blobs: 0, freed: 0, failures: 0 }

export function addCounts(a: GcCounts, b: GcCounts): GcCounts {
  return {
    reviewed: a.reviewed + b.reviewed,
    manifests: a.manifests + b.manifests,
    links: a.links + b.links,
    blobs: a.blobs + b.blobs,
    freed: a.freed + b.freed,
    failures: a.failures + b.failures,
  }
}

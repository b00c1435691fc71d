import type { Matcher } from './matcher.ts'

/** A policy as it is in force: read, checked, with its patterns compiled. Times in milliseconds, sizes in bytes. */
export interface Policy {
  readonly version: 1
  /** Of items that no rule speaks of, in repositories that a rule set names. */
  readonly default: 'keep' | 'delete'
  readonly mode: 'dryRun' | 'propose' | 'enforce'
  readonly schedule: Schedule | undefined
  readonly trash: { readonly keep: number /** Percent of the disk; 0 for never. */; readonly purgeOnDiskBelow: number }
  readonly limits: Limits
  readonly sets: readonly RuleSet[]
  readonly holds: readonly Hold[]
  readonly immutable: readonly ImmutableRule[]
  readonly mirror: readonly MirrorJob[]
  readonly triggers: readonly Trigger[]
  readonly volumes: VolumeRule | undefined
  readonly cache: CacheRule | undefined
}

export type Schedule =
  | {
      readonly kind: 'cron'
      readonly cron: string
      readonly timezone: string
      readonly window: number | undefined
      readonly jitter: number
    }
  | { readonly kind: 'every'; readonly every: number; readonly jitter: number }

/** A plan never goes beyond these. Undefined: no limit. */
export interface Limits {
  readonly maxTags: number | undefined
  readonly maxPercentPerRepo: number | undefined
  readonly maxBytes: number | undefined
  /** Tags that stay in each repository. */
  readonly minRemainingPerRepo: number
  readonly planLife: number
}

/** One of `policies`. */
export interface RuleSet {
  readonly id: string
  /** Its place in the document: `policies[0]`. */
  readonly path: string
  readonly repositories: Selection
  readonly tags: { readonly keep: readonly Matcher[]; readonly delete: readonly Matcher[] }
  /** Patterns on `REPOSITORY:TAG`. A tag that fits one stays as one that fits `tags.keep` does. */
  readonly images: { readonly keep: readonly Matcher[] }
  /** What keep-N is counted by: the named groups of a pattern on the tag. */
  readonly group: Matcher | undefined
  /** Any that holds keeps. */
  readonly keep: readonly KeepRule[]
  /** All must hold. */
  readonly delete: readonly DeleteRule[]
  readonly untagged: { readonly olderThan: number; readonly unlessPulledWithin: number | undefined } | undefined
}

export interface Selection {
  readonly include: readonly Matcher[]
  readonly exclude: readonly Matcher[]
}

export type Order = 'pushed' | 'pulled' | 'created' | 'semver' | { readonly number: string }

export type KeepRule =
  | { readonly kind: 'mostRecent'; readonly path: string; readonly n: number; readonly by: Order }
  | { readonly kind: 'pulledWithin' | 'pushedWithin'; readonly path: string; readonly time: number }
  | { readonly kind: 'signedBy'; readonly path: string; readonly anyOf: readonly string[] }
  | {
      readonly kind: 'label'
      readonly path: string
      readonly labels: readonly (readonly [name: string, value: string])[]
    }

export type DeleteRule =
  | {
      readonly kind: 'olderThan'
      readonly path: string
      readonly by: 'pushed' | 'pulled' | 'created'
      readonly time: number
    }
  | { readonly kind: 'notPulledFor'; readonly path: string; readonly time: number }

export interface Hold {
  readonly path: string
  readonly repository: string
  readonly digest: string | undefined
  readonly tag: string | undefined
  readonly reason: string
  /** Milliseconds since the epoch; undefined: for ever. */
  readonly until: number | undefined
}

export interface ImmutableRule {
  readonly path: string
  readonly repositories: Matcher
  readonly tags: Matcher
}

export interface MirrorJob {
  readonly path: string
  readonly image: string
  /** Where it is kept; undefined: under its own path. */
  readonly to: string | undefined
  readonly every: number
}

export interface Trigger {
  readonly path: string
  /** Percent of the disk that is free. */
  readonly diskFreeBelow: number
  /** IDs of rule sets. */
  readonly run: readonly string[]
  readonly order: 'leastRecentlyPulled' | 'oldest'
}

/** Volumes of a Docker daemon that no container has. */
export interface VolumeRule {
  readonly keep: readonly Matcher[]
  readonly olderThan: number
}

/** Records of the build cache. */
export interface CacheRule {
  readonly notUsedFor: number
}

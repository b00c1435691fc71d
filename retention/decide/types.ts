import type { ItemFacts } from '../facts.ts'

/** Why an item stays or goes: one of these for each decision, and they never change their meaning. */
export type Reason =
  | 'HOLD'
  | 'IMMUTABLE'
  | 'IN_USE'
  | 'SIGNED_TARGET'
  | 'KEEP_REGEX'
  | 'KEEP_TOP_N'
  | 'KEEP_RECENT_PULL'
  | 'KEEP_RECENT_PUSH'
  | 'KEEP_SIGNED'
  | 'KEEP_LABEL'
  | 'MIN_REMAINING'
  | 'CAP_REACHED'
  | 'NO_DATA'
  | 'DEFAULT_KEEP'
  | 'DELETE_REGEX'
  | 'DELETE_AGE'
  | 'DELETE_UNPULLED'
  | 'DELETE_UNTAGGED'
  | 'DELETE_UNUSED'
  | 'DEFAULT_DELETE'

export interface Decision {
  readonly item: ItemFacts
  readonly verdict: 'keep' | 'delete'
  readonly reason: Reason
  /** What decided: a place in the policy, such as `policies[0].keep[1]`; undefined where it was the source or the default. */
  readonly rule: string | undefined
  /** For people, one phrase: `the 3rd of 10 kept in group branch=main`. */
  readonly about: string
}

/** How many decisions of which kind. */
export interface Counts {
  readonly considered: number
  readonly kept: number
  readonly deleted: number
  /** Of the items that go, each digest once. */
  readonly bytes: number
  readonly reasons: Readonly<Partial<Record<Reason, number>>>
}

/** What one rule says of an item. */
export interface Spoken {
  /** Its place in the policy; `source` for what the source itself guards, `default` for the default. */
  readonly rule: string
  readonly holds: boolean
  readonly about: string
}

export interface Explained {
  readonly decision: Decision
  /** All that speaks for or against the item, strongest first. */
  readonly rules: readonly Spoken[]
  /** When time alone makes rules decide otherwise; milliseconds since the epoch. Undefined: never, or a limit decides. */
  readonly changesAt: number | undefined
}

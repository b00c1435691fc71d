import type { PlannedItem, Run } from '../run/types.ts'

/** An item of a plan, with what must still be so when it is removed. */
export interface StoredItem extends PlannedItem {
  /** Its place in the order in which the plan was made; names it within the plan. */
  readonly number: number
  readonly signedBy: readonly string[]
}

/** A run, and how far it is. */
export interface StoredRun extends Run {
  /** The key of the last item that it is done with. */
  readonly after: string | undefined
}

/** How something left the trash. */
export type Ending = 'restored' | 'purged'

/** All that is in the trash. */
export interface TrashTotal {
  readonly entries: number
  readonly bytes: number
}

/** An item that could not be removed: when it is tried again. */
export interface Failure {
  readonly tries: number
  readonly nextAt: number
  readonly message: string
}

/** Content that the trash gave up, until whoever frees it was told. */
export interface Purging {
  readonly repository: string
  readonly digest: string
  readonly bytes: number
}

/** What the schedule knows across restarts. Times are milliseconds since the epoch. */
export interface ScheduleState {
  /** The schedule that the rest is of, as JSON. */
  readonly schedule: string | undefined
  /** What was due until then is done. */
  readonly handledAt: number | undefined
  /** When the last run of the schedule began. */
  readonly lastAt: number | undefined
  /** When the next one is due, by the schedule that is in force. */
  readonly nextAt: number | undefined
  /** Tries of what is due that came to nothing, or of which nobody knows yet. */
  readonly failures: number
  /** By the place of a trigger in the policy: when it last began something. */
  readonly triggers: Readonly<Record<string, number>>
}

/** What a mirror job knows across restarts. */
export interface MirrorState {
  readonly image: string
  /** When it was last tried. */
  readonly lastAt: number | undefined
  readonly nextAt: number | undefined
  readonly digest: string | undefined
  /** Why the last try failed. */
  readonly error: string | undefined
  /** Tries that failed since one did not. */
  readonly failures: number
}

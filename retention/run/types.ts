import type { JsonValue } from '../../shared/base/json.ts'
import type { Decision, Reason } from '../decide/types.ts'
import type { ItemKind, ItemName, Source } from '../facts.ts'
import type { PolicyProblem } from '../policy/problem.ts'

/**
 * Retention of one source: what people and programs ask of it. Errors are IbuildErrors with the codes named. `by` is who asks, for
 * history and audit.
 */
export interface RetentionService {
  readonly source: Source
  status(): Promise<RetentionStatus>
  readonly policies: PolicyBook
  /**
   * What a policy would do now: a line for each decision as it is made, then totals; in pages of a thousand at most. `text` is a policy that
   * nobody saved; the one in force without it. RETENTION_POLICY_INVALID. Changes nothing, and may run beside everything else.
   */
  preview(options: PreviewOptions): AsyncIterable<readonly PreviewLine[]>
  /** The same as lines of JSON, for whoever only passes them on: whole ones, some at a time, as text or as bytes in UTF-8. */
  previewText(options: PreviewOptions): AsyncIterable<string | Uint8Array>
  /** Decides for now and writes down what would be done. RETENTION_BUSY while another is made or applied. */
  plan(by: string, options?: PlanOptions): Promise<Plan>
  /** Newest first, a hundred at most. */
  plans(): Promise<readonly Plan[]>
  /** What a plan would remove, in its order. OBJECT_NOT_FOUND. */
  planned(id: string): AsyncIterable<PlannedItem>
  /**
   * Does what a plan says, each item only if all is as the plan saw it. Going on with one that was interrupted is the same call.
   * One that was applied gives its run again. OBJECT_NOT_FOUND, RETENTION_PLAN_EXPIRED, RETENTION_PLAN_CHANGED when the policy is another one
   * by now, RETENTION_DRY_RUN when it says so, RETENTION_BUSY.
   */
  apply(id: string, by: string, signal?: AbortSignal): Promise<Run>
  /**
   * As the mode says: plan alone (dryRun, propose), or plan and apply (enforce). Of a Docker daemon, where an image can only go after those that
   * were made from it, runs follow each other until nothing more goes, if the policy has no limit of what goes at a time; numbers are of all.
   */
  run(by: string, options?: PlanOptions): Promise<Run>
  /** Newest first. */
  runs(limit: number): Promise<readonly Run[]>
  /** Newest first, page by page. */
  trash(options?: {
    readonly after?: string | undefined
    readonly limit?: number | undefined
    readonly repository?: string | undefined
  }): Promise<readonly TrashEntry[]>
  /** Gives back what a run removed, or one entry. OBJECT_NOT_FOUND; RETENTION_PURGED (HTTP 410) when it is no more. */
  undo(id: string, by: string, within?: Within): Promise<UndoReport>
  /**
   * Purges what is over its time, or the entries named, or all. With what is over its time, the oldest beyond it where the disk has less
   * free than the policy wants. OBJECT_NOT_FOUND when nothing of that ID is in the trash.
   */
  purge(what: { readonly ids: readonly string[] } | 'due' | 'all', by: string, within?: Within): Promise<PurgeReport>
  /** Why an item stays or goes by the policy in force. OBJECT_NOT_FOUND, USAGE. `what`: `REPOSITORY:TAG`, `REPOSITORY@DIGEST`, `volume NAME`. */
  explain(what: string, within?: Within): Promise<Explanation>
  /** The log of all that changed something, oldest first. AUDIT_BROKEN when it was tampered with. */
  audit(options?: { readonly after?: number | undefined }): AsyncIterable<AuditLine>
  close(): Promise<void>
}

/** True for repositories of somebody who may see and touch those alone: the others are not there for him. */
export type Within = (repository: string) => boolean

export interface PolicyBook {
  /** The one in force, or an earlier version. OBJECT_NOT_FOUND for a number that there is not. Version 0 deletes nothing. */
  show(version?: number): Promise<PolicyVersion>
  /** Newest first. */
  versions(): Promise<readonly Omit<PolicyVersion, 'text'>[]>
  /** What is wrong with a text, and what looks like a mistake; on current data also whether it goes beyond its own limits. */
  check(text: string): Promise<PolicyCheck>
  /** Puts a text in force. RETENTION_POLICY_INVALID with the path of the field; then the one before stays. */
  set(text: string, by: string): Promise<PolicyVersion>
  /** Puts an earlier version in force again, as a new one: the one before the present without a number. */
  revert(version: number | undefined, by: string): Promise<PolicyVersion>
}

export interface PolicyVersion {
  readonly version: number
  /** sha256 of the text, hex. */
  readonly hash: string
  readonly at: number
  readonly by: string
  /** The version that this one took back. */
  readonly restores?: number | undefined
  readonly text: string
}

export interface PolicyCheck {
  readonly problems: readonly PolicyProblem[]
  readonly warnings: readonly PolicyProblem[]
}

export interface PreviewOptions {
  readonly text?: string | undefined
  /** Only these verdicts are told; totals are of all. */
  readonly only?: 'delete' | undefined
  /** Decides as a plan does that is made with these options. */
  readonly plan?: Pick<PlanOptions, 'only' | 'order'> | undefined
  /** Nothing is told of other repositories, totals included. */
  readonly within?: Within | undefined
  readonly signal?: AbortSignal | undefined
}

export type PreviewLine =
  | { readonly kind: 'decision'; readonly decision: Decision }
  | { readonly kind: 'totals'; readonly totals: Totals }

export interface Totals {
  readonly considered: number
  readonly kept: number
  readonly deleted: number
  /** Bytes: of the items that go, each digest once; what goes with them at once or after the trash; what others share. */
  readonly bytes: number
  readonly freed: number
  readonly shared: number
  /** Some of those others: `REPOSITORY:TAG`. */
  readonly sharedWith: readonly string[]
  /** Items that `freed` and `shared` are of: all that go, or the first of too many. */
  readonly measured: number
  readonly reasons: Readonly<Partial<Record<Reason, number>>>
  readonly milliseconds: number
}

export interface PlanOptions {
  /** Only rule sets of these IDs may delete. */
  readonly only?: readonly string[]
  readonly order?: 'leastRecentlyPulled' | 'oldest'
  /** What began it: `schedule`, `trigger ...`, `request`. */
  readonly cause?: string
  /** Ends it between two items. */
  readonly signal?: AbortSignal
}

export interface Plan {
  readonly id: string
  readonly source: Source
  readonly policyVersion: number
  /** sha256 over policy, revision and actions, hex. */
  readonly fingerprint: string
  /** Of the inventory when it was made. */
  readonly revision: string
  readonly at: number
  readonly by: string
  readonly cause: string
  /** Only rule sets of these IDs may delete. Undefined: all. */
  readonly only: readonly string[] | undefined
  readonly expiresAt: number
  readonly state: 'waiting' | 'applying' | 'applied' | 'expired' | 'dropped'
  /** The run that applies it, or did. */
  readonly runId: string | undefined
  readonly totals: Totals
}

export interface PlannedItem extends ItemName {
  readonly digest: string
  readonly size: number
  readonly reason: Reason
  readonly rule: string | undefined
  readonly about: string
  /** When it was set to the digest and last pulled, as the plan saw it. */
  readonly pushedAt: number
  readonly pulledAt: number | undefined
}

export interface Run {
  readonly id: string
  readonly planId: string
  readonly startedAt: number
  readonly milliseconds: number
  readonly by: string
  readonly cause: string
  readonly mode: 'dryRun' | 'propose' | 'enforce'
  readonly state: 'planned' | 'running' | 'done' | 'failed' | 'stopped'
  /** Of its plan: all items that there were, and those that were to stay. */
  readonly considered: number
  readonly kept: number
  readonly removed: number
  /** Not as the plan saw them. */
  readonly drifted: number
  readonly gone: number
  /** Items that could not be removed; they are tried again by later runs, after a while. */
  readonly failed: number
  /** Of those removed: what came back, and what the trash gave up. */
  readonly restored: number
  readonly purged: number
  /** Bytes that went at once, where there is no trash. */
  readonly freed: number
  /** Some of those that failed, or why all of it did; a hundred at most. */
  readonly failures: readonly RunFailure[]
}

export interface RunFailure {
  /** Undefined for all of the run. */
  readonly item: ItemName | undefined
  readonly message: string
}

export interface TrashEntry {
  readonly id: string
  readonly runId: string
  readonly kind: ItemKind
  readonly repository: string
  readonly name: string
  readonly digest: string
  readonly size: number
  readonly reason: Reason
  readonly at: number
  readonly purgeAt: number
  /** `removing` while nobody knows whether it went: a process ended then. */
  readonly state: 'removing' | 'trashed'
}

export interface UndoReport {
  readonly restored: readonly (ItemName & { readonly as: string })[]
  readonly failed: readonly (ItemName & { readonly message: string })[]
}

export interface PurgeReport {
  readonly purged: number
  readonly bytes: number
}

export interface Explanation {
  readonly decision: Decision
  /** All that speaks for or against it, strongest first. */
  readonly rules: readonly { readonly rule: string; readonly holds: boolean; readonly about: string }[]
  /** When that may change: `kept until`. Milliseconds since the epoch. */
  readonly changesAt: number | undefined
}

export interface RetentionStatus {
  readonly source: Source
  /** False where nothing that is removed can come back. */
  readonly canUndo: boolean
  readonly policy: Omit<PolicyVersion, 'text'>
  readonly mode: 'dryRun' | 'propose' | 'enforce'
  /** Undefined without a schedule. */
  readonly nextRunAt: number | undefined
  readonly isRunning: boolean
  readonly lastRun: Run | undefined
  readonly trash: { readonly entries: number; readonly bytes: number; readonly nextPurgeAt: number | undefined }
  readonly mirror: readonly {
    readonly image: string
    readonly lastAt: number | undefined
    readonly digest: string | undefined
    readonly error: string | undefined
  }[]
}

export interface AuditLine {
  readonly number: number
  readonly at: number
  readonly by: string
  readonly action: string
  readonly about: JsonValue
  /** Hex; holds that of the line before. */
  readonly hash: string
}

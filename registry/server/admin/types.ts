import type { AdoptionStatus } from '../../adopt/adoption.ts'
import type { EventsAdmin } from '../../events/events-admin.ts'
import type { ExportReport } from '../../export/export-layouts.ts'
import type { Explanation } from '../../gc/explain.ts'
import type { GcRound, GcStatus } from '../../gc/types.ts'
import type { ScrubStatus } from '../../scrub/types.ts'
import type { RegistryHold, RolledBack, TagMove } from '../../service/types.ts'
import type { FlawRow } from '../../storage/rows.ts'
import type { RotatedKeys } from '../../token/signing-keys.ts'
import type { AdoptRequest, ExportRequest } from './adoption.ts'

/** What operators ask of a registry, whether a server has it open or nobody does. Errors are IbuildErrors. */
export interface RegistryAdmin {
  status(): Promise<RegistryStatus>
  readOnly(): Promise<ReadOnlyState>
  /** Waits for writes that are running, for some seconds. */
  setReadOnly(isReadOnly: boolean): Promise<ReadOnlyState>
  uploads(): Promise<readonly UploadInfo[]>
  readonly events: EventsAdmin
  /** OBJECT_NOT_FOUND. */
  cancelUpload(id: string): Promise<void>
  /** How far the scrubber is. SERVER_FAILED without a server. */
  scrub(): Promise<ScrubStatus>
  /** Begins a pass now. SERVER_FAILED also when the rate is 0. */
  beginScrub(): Promise<ScrubStatus>
  /** Reads the configuration again. Errors: those of it; then all stays as it was. SERVER_FAILED without a server. */
  reload(): Promise<ReloadReport>
  /** The storage of another registry that is being taken over, or was; null without one. */
  adoption(): Promise<AdoptionStatus | null>
  /** Begins to take one over; without a server it is only noted, unless it `isWaiting`. ADOPTION_INVALID. */
  adopt(request: AdoptRequest): Promise<AdoptionStatus>
  /** Gives it up. ADOPTION_INVALID without one. */
  leaveAdoption(): Promise<void>
  /** What is wrong there, a thousand at most. */
  adoptionFlaws(): Promise<readonly FlawRow[]>
  /** Writes OCI layouts, from the process that has the registry open. Errors: those of {@link exportLayouts}, REFERENCE_INVALID. */
  exportLayouts(request: ExportRequest, signal?: AbortSignal): Promise<ExportReport>
  /** What a tag led to, newest first. OBJECT_NOT_FOUND. */
  tagHistory(repository: string, tag: string): Promise<readonly TagMove[]>
  /**
   * Sets a tag back: to what it led to before, or to what the move of that number, or the last one to that digest, set it to.
   * OBJECT_NOT_FOUND, TAG_IMMUTABLE, SERVER_FAILED when the registry is read-only.
   */
  rollBackTag(repository: string, tag: string, to?: number | string): Promise<RolledBack>
  /**
   * Makes another key that signs tokens. What was signed before counts as long as it lasts, or no more when it is revoked.
   * OBJECT_NOT_FOUND where there are no keys, TOKEN_KEYS_INVALID.
   */
  rotateTokenKeys(isRevoking: boolean): Promise<RotatedKeys>
  gcStatus(): Promise<GcStatus>
  /** Does what is due, or all that waits, up to a bound. */
  gcRun(isNow: boolean): Promise<GcRound>
  /** Why `REPOSITORY:TAG`, `REPOSITORY@DIGEST` or `DIGEST` is there. USAGE, OBJECT_NOT_FOUND. */
  gcExplain(target: string): Promise<readonly Explanation[]>
  /** As {@link RegistryService.hold}; also ended when the process that asked is gone. */
  hold(): Promise<RegistryHold>
}

export interface RegistryStatus {
  /** Undefined when no server runs. */
  readonly server: ServerStatus | null
  readonly readOnly: ReadOnlyState
  readonly openUploads: number
  /** Backups that are being made: bytes of what is deleted stay until they end. */
  readonly holds: number
  /** The storage of another registry that is being taken over, or was. */
  readonly adoption: AdoptionStatus | null
  /** Bytes; null where there is no limit. */
  readonly space: { readonly free: number; readonly total: number } | null
  readonly quotas: QuotaState
}

export interface QuotaState {
  /** Repositories that have something, and a quota. */
  readonly count: number
  /** True while what an earlier version stored is still being counted: then there is more. */
  readonly isCounting: boolean
  /** The fullest of them, the fullest first. */
  readonly fullest: readonly RepositoryQuota[]
}

/** Bytes. */
export interface RepositoryQuota {
  readonly repository: string
  readonly bytes: number
  /** Of uploads that are open. */
  readonly onTheWay: number
  readonly limit: number
}

export interface ServerStatus {
  readonly pid: number
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly isDraining: boolean
  readonly requestsInProgress: number
}

export interface ReadOnlyState {
  readonly isReadOnly: boolean
  /** True when the configuration says so, which no command can change. */
  readonly isConfigured: boolean
  /** Writes that are going on: without any, what is read-only changes no more. */
  readonly writesRunning: number
}

export interface UploadInfo {
  readonly id: string
  readonly repository: string
  /** That came, durable or not. */
  readonly bytes: number
  /** True while a request sends more. */
  readonly isBusy: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly usedAt: number
}

/** Paths of keys. */
export interface ReloadReport {
  readonly changed: readonly string[]
  /** Changed in the file, but in force only after the next start. */
  readonly waiting: readonly string[]
}

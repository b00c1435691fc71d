import type { Workspace } from '../testing/workspace.ts'

/** Contents by name. */
export type Files = Readonly<Record<string, string>>

/** A cause of a miss, and the line that tells it. */
export interface MissRow {
  readonly name: string
  readonly files?: Files
  /** Lines of the Dockerfile for the first build, and for the second when they are others. */
  readonly dockerfile: readonly [before: readonly string[], after?: readonly string[]]
  /** Flags of the two builds. */
  readonly flags?: readonly [before: readonly string[], after: readonly string[]]
  /** What is made before the first. */
  readonly prepare?: (place: Place) => void
  /** What happens between the two. */
  readonly between?: (place: Place) => void | Promise<void>
  /** The step that is asked about; the last one unless told otherwise. */
  readonly step?: string
  /** Secrets are in the Dockerfile itself, so the titles of steps have them. */
  readonly titlesTell?: boolean
  readonly line: string | RegExp
}

/** Where the builds of a row happen. */
export interface Place {
  readonly space: Workspace
  readonly context: string
}

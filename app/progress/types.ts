import type { BuildResult } from '../../builder/build-types.ts'
import type { EmitEvent } from '../../builder/solve/events.ts'

/** How a build, or another work, ended. */
export type Outcome =
  | { readonly result: Pick<BuildResult, 'imageID' | 'manifestDigest' | 'tags' | 'wroteToStdout'> }
  /** Of work that is no build; its members are shown as they are. */
  | { readonly done: Readonly<Record<string, unknown>> }
  | { readonly error: unknown }

/** What shows a build while it goes on. */
export interface Progress {
  readonly emit: EmitEvent
  /** Ends the view; safe to call twice. */
  readonly close: () => void
  /** Tells the view how the build ended. False when it does not show that: then the command does. */
  readonly finish: (outcome: Outcome) => boolean
}

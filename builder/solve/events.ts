import type { DockerfileWarning } from '../dockerfile/types.ts'
import type { MissReason } from '../explain/types.ts'
import type { TransferEvent } from '../transfer-events.ts'

/** What a build tells while it goes on. Times are milliseconds. */
export type BuildEvent =
  | {
      readonly type: 'step-started'
      readonly step: number
      readonly title: string
      /** Why the step is not taken from the cache. */
      readonly reason?: MissReason
    }
  | {
      readonly type: 'step-cached'
      readonly step: number
      readonly title: string
      /** Number of an earlier step of this build that is the same: its layer is used, wherever that came from. */
      readonly sameAs?: number
    }
  | {
      readonly type: 'step-done'
      readonly step: number
      readonly title: string
      readonly elapsed: number
      /** The result is that of an earlier run, whose layer is used: what follows may come from the cache. */
      readonly unchanged?: boolean
    }
  | { readonly type: 'step-failed'; readonly step: number; readonly title: string; readonly elapsed: number }
  /** Stopped because another step failed or the caller wanted it. */
  | { readonly type: 'step-cancelled'; readonly step: number; readonly title: string; readonly elapsed: number }
  | {
      readonly type: 'step-output'
      readonly step: number
      readonly stream: 'stdout' | 'stderr'
      readonly bytes: Uint8Array
    }
  | TransferEvent
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'warning'; readonly warning: DockerfileWarning }

/** Is told what goes on. */
export type EmitEvent = (event: BuildEvent) => void

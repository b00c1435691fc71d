import type { Digest } from '../../shared/base/digest.ts'
import type { BuildContext } from '../context/types.ts'
import type { Executor, Limits } from '../exec/types.ts'
import type { StepExplanation } from '../explain/types.ts'
import type { PlannedStage } from '../plan/types.ts'
import type { Store } from '../store/types.ts'
import type { EmitEvent } from './events.ts'
import type { LayerAccess } from './layer-access.ts'

/** The layer that a step came to. `created` is an RFC 3339 time. */
export interface StepLayer {
  readonly diffID: Digest
  readonly created: string
}

/** A step's number in the progress, and its cache key. */
export interface NumberedKey {
  readonly number: number
  readonly key: Digest
}

/** A layer that may be needed by several steps, and the number of that which came first. */
export interface SharedLayer {
  readonly layer: StepLayer
  readonly number: number
}

/** What the steps of one build share. */
export interface Solver {
  readonly store: Store
  readonly layers: LayerAccess
  readonly context: BuildContext
  /** The runtime, probed when the first RUN needs it. */
  readonly executor: () => Promise<Executor>
  readonly limits: Limits
  readonly extraHosts: readonly string[]
  readonly emit: EmitEvent
  /** Aborts when the caller does or when a step failed. */
  readonly signal: AbortSignal
  /** The time that goes into images: the epoch when there is one. */
  readonly now: () => Date
  /** {@link now} as nanoseconds since 1970. */
  readonly nowNs: () => bigint
  /** SOURCE_DATE_EPOCH in nanoseconds: no time in a layer is later. */
  readonly latest: bigint | undefined
  readonly nextNumber: () => number
  readonly mayUseCache: (stage: PlannedStage) => boolean
  /** The flag that keeps a stage from the cache. */
  readonly noCacheFlag: (stage: PlannedStage) => string | undefined
  /** Names the context and the Dockerfile; see `originOf`. */
  readonly origin: string
  /** Takes the comparison of every step; undefined when nobody wants it. */
  readonly explain: ((explanation: StepExplanation) => void) | undefined
  /** Runs work for one key once; a second caller gets the outcome of the first, and the number of the step that it was for. */
  readonly once: (numbered: NumberedKey, work: () => Promise<StepLayer>) => Promise<SharedLayer>
  /** Runs work while no other process works on the key. `waited` tells that another one just did. */
  readonly withClaim: <T>(key: Digest, work: (waited: boolean) => Promise<T>) => Promise<T>
  /** Limits how many RUN steps go on at once. */
  readonly runSlot: <T>(work: () => Promise<T>) => Promise<T>
  /** Puts work off that nobody waits for until the build waits for something else; done at the latest by `settle`. */
  readonly later: (work: () => Promise<void>) => void
  /** Does what was put off, and closes the executor. To be called when the build is over, whatever it came to. */
  readonly settle: () => Promise<void>
  readonly fail: (error: unknown) => void
  readonly firstFailure: () => unknown
}

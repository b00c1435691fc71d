import type { HistoryEntry } from '../../shared/oci/config.ts'
import type { PlannedStage, Step } from '../plan/types.ts'
import type { LayerChain } from './layer-chain.ts'
import type { Solver, StepLayer } from './solver.ts'

/** What a stage came to: its layers, and the history of its image with the times that are known. */
export interface SolvedStage {
  readonly chain: LayerChain
  /** One for each step of the stage. */
  readonly layers: readonly StepLayer[]
  /** Entries of the base first; an entry without layer has no time yet unless it comes from an image. */
  readonly history: readonly HistoryEntry[]
}

/** What the steps of a stage have at hand. */
export interface StageScope {
  readonly solver: Solver
  /** The outcome of an earlier stage. */
  readonly solved: (stage: PlannedStage) => Promise<SolvedStage>
}

/** A step in its place: what is below it, and whether it may use the cache. */
export interface PlacedStep {
  readonly stage: PlannedStage
  readonly step: Step
  readonly chain: LayerChain
}

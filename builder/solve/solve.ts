import type { HistoryEntry } from '../../shared/oci/config.ts'
import type { Plan, PlannedStage } from '../plan/types.ts'
import { fullHistory } from '../squash/full-history.ts'
import { chainOf, emptyChain, extendChain } from './layer-chain.ts'
import { solveStep } from './solve-step.ts'
import type { Solver, StepLayer } from './solver.ts'
import type { SolvedStage, StageScope } from './stage-scope.ts'

/**
 * Makes the layers of all stages of a plan, independent stages side by side. The first failure stops the others; it is
 * thrown when all have come to rest, so that nothing goes on behind the caller's back.
 */
export async function solvePlan(plan: Plan, solver: Solver): Promise<SolvedStage> {
  const stages = new Map<number, Promise<SolvedStage>>()
  const solved = async (stage: PlannedStage): Promise<SolvedStage> => {
    const known = stages.get(stage.index)
    if (known === undefined) throw new Error(`stage ${stage.title} is used before it is planned`)
    return known
  }
  for (const stage of plan.stages) {
    stages.set(stage.index, stopOthers(solver, solveStage({ solver, solved }, stage)))
  }
  const outcomes = await Promise.allSettled(stages.values())
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
  if (failed.length > 0) throw solver.firstFailure() ?? failed[0]?.reason
  return solved(plan.target)
}

async function stopOthers<T>(solver: Solver, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    solver.fail(error)
    throw error
  }
}

async function solveStage(scope: StageScope, stage: PlannedStage): Promise<SolvedStage> {
  const base = await openBase(scope, stage)
  let { chain } = base
  const layers: StepLayer[] = []
  for (const step of stage.steps) {
    const layer = await solveStep(scope, { stage, step, chain })
    chain = extendChain(chain, layer.diffID)
    layers.push(layer)
  }
  return { chain, layers, history: [...base.history, ...newHistory(stage, layers)] }
}

async function openBase(
  { solved }: StageScope,
  { base }: PlannedStage,
): Promise<Pick<SolvedStage, 'chain' | 'history'>> {
  switch (base.kind) {
    case 'scratch':
      return { chain: emptyChain, history: [] }
    case 'image':
      return { chain: chainOf(base.image.diffIDs), history: fullHistory(base.image.config) }
    case 'stage':
      return solved(base.stage)
  }
}

function newHistory(stage: PlannedStage, layers: readonly StepLayer[]): HistoryEntry[] {
  return stage.history.map(({ entry, step }) => {
    const layer = step === undefined ? undefined : layers[step]
    return layer === undefined ? entry : { ...entry, created: layer.created }
  })
}

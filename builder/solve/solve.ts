import type { Digest } from '../../shared/base/digest.ts'
import type { HistoryEntry } from '../../shared/oci/config.ts'
import type { Plan, PlannedStage } from '../plan/types.ts'
import { fullHistory } from './history.ts'
import { chainOf, emptyChain, extendChain } from './layer-chain.ts'
import { prepareStep } from './prepare-step.ts'
import type { Solver, StepLayer } from './solver.ts'
import type { PlacedStep, SolvedStage, StageScope } from './stage-scope.ts'
import { type KeyPart, keyOf } from './step-key.ts'

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

async function solveStep(scope: StageScope, placed: PlacedStep): Promise<StepLayer> {
  const { solver } = scope
  solver.signal.throwIfAborted()
  const number = solver.nextNumber()
  const prepared = await prepareStep(scope, placed)
  const key = keyOf(prepared.parts)
  return solver.once(key, async () => {
    const cached = solver.mayUseCache(placed.stage) ? findCached(solver, key) : undefined
    if (cached !== undefined) {
      solver.emit({ type: 'step-cached', step: number, title: placed.step.title })
      return cached
    }
    return solver.withClaim(key, async (waited) => {
      const madeMeanwhile = waited && solver.mayUseCache(placed.stage) ? findCached(solver, key) : undefined
      if (madeMeanwhile !== undefined) {
        solver.emit({ type: 'step-cached', step: number, title: placed.step.title })
        return madeMeanwhile
      }
      const layer = await executeStep(solver, { number, title: placed.step.title, execute: prepared.execute })
      await remember(solver, key, { name: placed.step.title, parts: prepared.parts, layer })
      return layer
    })
  })
}

/** A record counts only while the layer that it names is there. */
function findCached({ store }: Solver, key: Digest): StepLayer | undefined {
  const record = store.records.get(key)
  if (record?.diffID === undefined || store.layers.get(record.diffID) === undefined) return undefined
  return { diffID: record.diffID, created: new Date(record.created).toISOString() }
}

interface Outcome {
  readonly name: string
  readonly parts: readonly KeyPart[]
  readonly layer: StepLayer
}

async function remember({ store }: Solver, key: Digest, { name, parts, layer }: Outcome): Promise<void> {
  const created = Date.parse(layer.created)
  await store.records.put(key, { version: 1, step: name, parts, diffID: layer.diffID, created })
}

interface Execution {
  readonly number: number
  readonly title: string
  readonly execute: (number: number) => Promise<Digest>
}

async function executeStep(solver: Solver, { number, title, execute }: Execution): Promise<StepLayer> {
  const started = performance.now()
  solver.emit({ type: 'step-started', step: number, title })
  try {
    const diffID = await execute(number)
    solver.emit({ type: 'step-done', step: number, title, elapsed: performance.now() - started })
    return { diffID, created: solver.now().toISOString() }
  } catch (error) {
    const type = solver.signal.aborted ? 'step-cancelled' : 'step-failed'
    solver.emit({ type, step: number, title, elapsed: performance.now() - started })
    throw error
  }
}

import type { Digest } from '../../shared/base/digest.ts'
import { type ExecutedLayer, findLayer } from './cut-off.ts'
import { prepareStep } from './prepare-step.ts'
import type { Solver, StepLayer } from './solver.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { type KeyPart, keyOf } from './step-key.ts'

/** Finds the layer of a step in the cache, or carries the step out; once for steps with the same key. */
export async function solveStep(scope: StageScope, placed: PlacedStep): Promise<StepLayer> {
  const { solver } = scope
  solver.signal.throwIfAborted()
  const number = solver.nextNumber()
  const prepared = await prepareStep(scope, placed)
  const key = keyOf(prepared.parts)
  const { title } = placed.step
  const cached = (): StepLayer | undefined => {
    const layer = solver.mayUseCache(placed.stage) ? findLayer(solver.store, key) : undefined
    if (layer !== undefined) solver.emit({ type: 'step-cached', step: number, title })
    return layer
  }
  const made = async (): Promise<StepLayer> => {
    const layer = await executeStep(solver, { number, title, execute: prepared.execute })
    await remember(solver, key, { name: title, parts: prepared.parts, layer })
    return layer
  }
  return solver.once(
    key,
    async () => cached() ?? solver.withClaim(key, async (waited) => (waited ? cached() : undefined) ?? made()),
  )
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
  readonly execute: (number: number) => Promise<ExecutedLayer>
}

async function executeStep(solver: Solver, { number, title, execute }: Execution): Promise<StepLayer> {
  const started = performance.now()
  solver.emit({ type: 'step-started', step: number, title })
  try {
    const { unchanged, ...layer } = await execute(number)
    const elapsed = performance.now() - started
    solver.emit({ type: 'step-done', step: number, title, elapsed, ...(unchanged && { unchanged }) })
    return layer
  } catch (error) {
    const type = solver.signal.aborted ? 'step-cancelled' : 'step-failed'
    solver.emit({ type, step: number, title, elapsed: performance.now() - started })
    throw error
  }
}

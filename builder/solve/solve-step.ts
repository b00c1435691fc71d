import { underWay } from '../../shared/base/under-way.ts'
import { type ExecutedLayer, findLayer } from './cut-off.ts'
import type { LookedUp, MissAccount } from './explain-step.ts'
import { prepareStep } from './prepare-step.ts'
import { rememberStep } from './remember-step.ts'
import type { StepLayer } from './solver.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { keyOf } from './step-key.ts'

/**
 * Finds the layer of a step in the cache, or carries the step out; once for steps with the same key, of which those that come
 * later are told of when it is there.
 */
export async function solveStep(scope: StageScope, placed: PlacedStep): Promise<StepLayer> {
  const { solver } = scope
  solver.signal.throwIfAborted()
  const number = solver.nextNumber()
  const prepared = await prepareStep(scope, placed)
  const step: NumberedStep = { placed, prepared, key: keyOf(prepared.parts), number }
  const { layer, number: sameAs } = await underWay(`step ${number}`, async () =>
    solver.once(step, async () => (await findCached(scope, step)) ?? claimLayer(scope, step)),
  )
  if (sameAs !== number) solver.emit({ type: 'step-cached', step: number, title: placed.step.title, sameAs })
  return layer
}

/** Another process that works on the same step is waited for, and may have left its layer. */
async function claimLayer(scope: StageScope, step: NumberedStep): Promise<StepLayer> {
  return scope.solver.withClaim(
    step.key,
    async (waited) => (waited ? await findCached(scope, step) : undefined) ?? makeLayer(scope, step),
  )
}

/** A step as it was looked up, with its number in the progress. */
interface NumberedStep extends LookedUp {
  readonly number: number
}

async function findCached(scope: StageScope, step: NumberedStep): Promise<StepLayer | undefined> {
  const { solver } = scope
  const { placed, key, number } = step
  const layer = solver.mayUseCache(placed.stage) ? await findLayer(solver.store, key, solver.signal) : undefined
  if (layer === undefined) return undefined
  const { title } = placed.step
  solver.emit({ type: 'step-cached', step: number, title })
  if (solver.explain !== undefined) {
    const { accountOfHit } = await import('./explain-step.ts')
    solver.explain({ step: number, title, key, result: 'hit', ...accountOfHit(scope, step) })
  }
  return layer
}

async function makeLayer(scope: StageScope, step: NumberedStep): Promise<StepLayer> {
  const { solver } = scope
  const { placed, key, number } = step
  const account = await accountFor(scope, step)
  const explain = (flags: { readonly unchanged?: boolean }): void =>
    solver.explain?.({ step: number, title: placed.step.title, key, result: 'miss', ...flags, ...account })
  const { unchanged, ...layer } = await inTurn(scope, step, () => executeStep(scope, step, account)).catch((error) => {
    explain({})
    throw error
  })
  explain(unchanged ? { unchanged } : {})
  await rememberStep(scope, placed, { ...step, layer })
  return layer
}

/** What explains a miss is loaded only now: a build that finds all its steps, or looks for none, never needs it. */
async function accountFor(scope: StageScope, step: NumberedStep): Promise<MissAccount> {
  const flag = scope.solver.noCacheFlag(step.placed.stage)
  if (flag !== undefined && scope.solver.explain === undefined) {
    return { reason: { code: 'no-cache', text: `asked for with ${flag}` }, parts: [] }
  }
  const { accountOfMiss } = await import('./explain-step.ts')
  return accountOfMiss(scope, step)
}

/** RUNs take turns; one that waits for its turn has not begun. */
async function inTurn<T>({ solver }: StageScope, { placed }: NumberedStep, work: () => Promise<T>): Promise<T> {
  if (placed.step.kind !== 'run') return work()
  return solver.runSlot(async () => {
    solver.signal.throwIfAborted()
    return work()
  })
}

async function executeStep(
  { solver }: StageScope,
  { placed, prepared, number }: NumberedStep,
  { reason }: MissAccount,
): Promise<ExecutedLayer> {
  const started = performance.now()
  const { title } = placed.step
  solver.emit({ type: 'step-started', step: number, title, reason })
  try {
    const layer = await prepared.execute(number)
    const elapsed = performance.now() - started
    solver.emit({ type: 'step-done', step: number, title, elapsed, ...(layer.unchanged && { unchanged: true }) })
    return layer
  } catch (error) {
    const type = solver.signal.aborted ? 'step-cancelled' : 'step-failed'
    solver.emit({ type, step: number, title, elapsed: performance.now() - started })
    throw error
  }
}

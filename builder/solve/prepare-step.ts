import type { JsonObject } from '../../shared/base/json.ts'
import type { KeyPart, SourceListing } from '../copy/types.ts'
import { believedIndexes } from './believed-indexes.ts'
import { concealParts } from './conceal.ts'
import { executeCopy, selectCopy } from './copy-step.ts'
import type { ExecutedLayer } from './cut-off.ts'
import { chainKey } from './layer-chain.ts'
import { executeRun } from './run-step.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { copyKey, type KeyScope, runKey, workdirKey } from './step-key.ts'
import { executeWorkdir } from './workdir-step.ts'

/** A step whose cache key is known, and how to make its layer when there is no record of it. */
export interface PreparedStep {
  readonly parts: readonly KeyPart[]
  /** The texts behind the digests of sources in the parts. */
  readonly listings: readonly SourceListing[]
  /** What its record has to keep beside that: see `believedIndexes`; a RUN is given the layers themselves. */
  readonly extra?: JsonObject | undefined
  /** `number` is that of the step in the progress. */
  readonly execute: (number: number) => Promise<ExecutedLayer>
}

/** Finds out all that the cache key needs; of the layers below only their identity. */
export async function prepareStep(scope: StageScope, placed: PlacedStep): Promise<PreparedStep> {
  const prepared = await prepareKind(scope, placed)
  const parts = concealParts(prepared.parts, placed.step.secrets, scope.solver.store.secretDigest)
  return { ...prepared, parts }
}

async function prepareKind(scope: StageScope, { stage, step, chain }: PlacedStep): Promise<PreparedStep> {
  const { solver } = scope
  const { limits, extraHosts, latest, store } = solver
  const mayReuse = solver.mayUseCache(stage)
  const keyScope: KeyScope = { parent: chainKey(chain), limits, extraHosts, latest, secretDigest: store.secretDigest }
  switch (step.kind) {
    case 'run':
      return {
        parts: runKey(step, keyScope),
        listings: [],
        execute: (number) => executeRun(solver, { step, chain, number, mayReuse, platform: stage.config }),
      }
    case 'workdir':
      return {
        parts: workdirKey(step, keyScope),
        listings: [],
        extra: believedIndexes(store, chain),
        execute: () => executeWorkdir(solver, { step, chain, mayReuse }),
      }
    case 'copy': {
      const selection = await selectCopy(scope, step)
      return {
        parts: copyKey(step, keyScope, selection.keyParts),
        listings: selection.listings,
        extra: believedIndexes(store, chain),
        execute: () => executeCopy(solver, { chain, selection, mayReuse }),
      }
    }
  }
}

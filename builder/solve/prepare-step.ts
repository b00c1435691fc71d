import { digestOf } from '../../shared/base/digest.ts'
import type { KeyPart, SourceListing } from '../copy/types.ts'
import type { Store } from '../store/types.ts'
import { concealParts } from './conceal.ts'
import { executeCopy, selectCopy } from './copy-step.ts'
import type { ExecutedLayer } from './cut-off.ts'
import { chainKey, type LayerChain } from './layer-chain.ts'
import { executeRun } from './run-step.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { copyKey, type KeyScope, runKey, workdirKey } from './step-key.ts'
import { executeWorkdir } from './workdir-step.ts'

/** A step whose cache key is known, and how to make its layer when there is no record of it. */
export interface PreparedStep {
  readonly parts: readonly KeyPart[]
  /** The texts behind the digests of sources in the parts. */
  readonly listings: readonly SourceListing[]
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
        parts: [...workdirKey(step, keyScope), ...believedParts(store, chain)],
        listings: [],
        execute: () => executeWorkdir(solver, { step, chain, mayReuse }),
      }
    case 'copy': {
      const selection = await selectCopy(scope, step)
      return {
        parts: [...copyKey(step, keyScope, selection.keyParts), ...believedParts(store, chain)],
        listings: selection.listings,
        execute: () => executeCopy(solver, { chain, selection, mayReuse }),
      }
    }
  }
}

/**
 * Layers below of which the index is only believed: where a COPY goes depends on what it tells. Whoever published a false one
 * must not decide over builds on the same layers that others vouch for. A RUN is given the layers themselves.
 */
function believedParts({ layers }: Store, { diffIDs }: LayerChain): KeyPart[] {
  const believed = diffIDs.flatMap((diffID) => {
    const bytes = layers.get(diffID)?.bytes
    return bytes?.kind === 'remote' && bytes.source === 'published' ? [`${diffID} ${bytes.index}`] : []
  })
  return believed.length === 0 ? [] : [{ name: 'published indexes', value: digestOf(believed.join()) }]
}

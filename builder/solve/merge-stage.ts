import { mergeStack } from '../squash/merge-stack.ts'
import type { Partition } from '../squash/partition.ts'
import type { Store } from '../store/types.ts'
import { chainOf } from './layer-chain.ts'
import type { SolvedStage } from './stage-scope.ts'

export interface MergeRequest {
  /** Of the whole stack; see `planMerge`. */
  readonly groups: Partition
  readonly signal: AbortSignal
}

/** A stage with groups of its layers merged. Times are those of the steps, so that the image's stay what they are. */
export async function mergeStage(store: Store, solved: SolvedStage, request: MergeRequest): Promise<SolvedStage> {
  if (request.groups.every((size) => size === 1)) return solved
  const { diffIDs, history } = await mergeStack(
    store,
    { diffIDs: solved.chain.diffIDs, history: solved.history },
    request,
  )
  return { ...solved, chain: chainOf(diffIDs), history }
}

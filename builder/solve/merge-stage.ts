import type { LayerRange } from '../squash/merge-layers.ts'
import { mergeStack } from '../squash/merge-stack.ts'
import type { Partition } from '../squash/partition.ts'
import type { Store } from '../store/types.ts'
import type { EmitEvent } from './events.ts'
import { chainOf } from './layer-chain.ts'
import type { SolvedStage } from './stage-scope.ts'

export interface MergeRequest {
  /** Of the whole stack; see `planMerge`. */
  readonly groups: Partition
  readonly signal: AbortSignal
  readonly emit: EmitEvent
}

/** A stage with groups of its layers merged. Times are those of the steps, so that the image's stay what they are. */
export async function mergeStage(store: Store, solved: SolvedStage, request: MergeRequest): Promise<SolvedStage> {
  const { groups, signal, emit } = request
  if (groups.every((size) => size === 1)) return solved
  const onMerge = ({ from, to }: LayerRange): void => {
    emit({ type: 'notice', message: `merging layers ${from + 1} to ${to}` })
  }
  const stack = { diffIDs: solved.chain.diffIDs, history: solved.history }
  const { diffIDs, history } = await mergeStack(store, stack, { groups, signal, onMerge })
  return { ...solved, chain: chainOf(diffIDs), history }
}

import { type Change, ChangeConflict, type RowStore } from '../../shared/rows/row-store.ts'
import { announce, type CacheEffects, type ManifestCaches } from './manifest-caches.ts'

/** A change decided on by what is stored. */
export interface ManifestPlan {
  /** Undefined when all is already as it should be. */
  readonly change: Change | undefined
  readonly effects: CacheEffects
  /** True when more is to be changed after it, which is decided on then. */
  readonly isPart?: boolean
}

/**
 * Decides and makes the change; as long as somebody else was faster, or that was a part only, decides anew. `first` was decided
 * on already. Errors are those of `decide`.
 */
export async function carryOut(
  { metadata, caches }: PlanParts,
  decide: () => Promise<ManifestPlan>,
  first?: ManifestPlan,
): Promise<void> {
  for (let plan = first ?? (await decide()); plan.change !== undefined; plan = await decide()) {
    const isDone = await isMade(metadata, plan.change, announce(caches, plan.effects))
    if (isDone && plan.isPart !== true) return
  }
}

export interface PlanParts {
  readonly metadata: RowStore
  readonly caches: ManifestCaches
}

/** False when a row was not as expected. */
async function isMade(metadata: RowStore, change: Change, end: (isMade: boolean) => void): Promise<boolean> {
  try {
    await metadata.commit(change)
  } catch (error) {
    end(false)
    if (error instanceof ChangeConflict) return false
    throw error
  }
  end(true)
  return true
}

/** One change of several. */
export function joinChanges(changes: readonly Change[]): Change {
  return {
    put: changes.flatMap(({ put = [] }) => put),
    remove: changes.flatMap(({ remove = [] }) => remove),
    append: changes.flatMap(({ append = [] }) => append),
    expect: changes.flatMap(({ expect = [] }) => expect),
    expectNone: changes.flatMap(({ expectNone = [] }) => expectNone),
  }
}

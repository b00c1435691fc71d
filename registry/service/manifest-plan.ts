import { type Change, ChangeConflict, type MetadataStore } from '../storage/metadata-types.ts'
import { announce, type CacheEffects, type ManifestCaches } from './manifest-caches.ts'

/** A change decided on by what is stored. */
export interface ManifestPlan {
  /** Undefined when all is already as it should be. */
  readonly change: Change | undefined
  readonly effects: CacheEffects
}

/**
 * Decides and makes the change; as long as somebody else was faster, decides anew. `first` was decided on already. Errors are
 * those of `decide`.
 */
export async function carryOut(
  { metadata, caches }: PlanParts,
  decide: () => Promise<ManifestPlan>,
  first?: ManifestPlan,
): Promise<void> {
  for (let plan = first ?? (await decide()); plan.change !== undefined; plan = await decide()) {
    if (await isMade(metadata, plan.change, announce(caches, plan.effects))) return
  }
}

/** Decides on and makes one change after the other, until there is none left to make. */
export async function carryOutAll(
  { metadata, caches }: PlanParts,
  decide: () => Promise<ManifestPlan | undefined>,
): Promise<void> {
  for (let plan = await decide(); plan?.change !== undefined; plan = await decide()) {
    await isMade(metadata, plan.change, announce(caches, plan.effects))
  }
}

export interface PlanParts {
  readonly metadata: MetadataStore
  readonly caches: ManifestCaches
}

/** False when a row was not as expected. */
async function isMade(metadata: MetadataStore, change: Change, end: (isMade: boolean) => void): Promise<boolean> {
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
    expect: changes.flatMap(({ expect = [] }) => expect),
  }
}

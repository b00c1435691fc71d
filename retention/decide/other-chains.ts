import type { Policy } from '../policy/types.ts'
import type { Clock } from './ages.ts'
import { ageClaim, type Claim, patternClaim, pulledWithinClaim, unpulledClaim } from './claims.ts'
import type { SpeakingSet } from './rule-sets.ts'
import { deleteStep, keepStep, lastStep, noDataStep, type Step } from './steps.ts'

/** What rules say of what is no tag. */
export interface OtherClaims {
  readonly kept: readonly Claim[]
  readonly deleted: readonly Claim[]
}

const none: OtherClaims = { kept: [], deleted: [] }

export function untaggedClaims(sets: readonly SpeakingSet[], clock: Clock): OtherClaims {
  const rules = sets.flatMap(({ set, mayDelete }) =>
    set.untagged === undefined ? [] : [{ ...set.untagged, path: `${set.path}.untagged`, mayDelete }],
  )
  return {
    kept: rules.flatMap(({ path, unlessPulledWithin: within }) =>
      within === undefined ? [] : [pulledWithinClaim(`${path}.unlessPulledWithin`, within, clock)],
    ),
    deleted: rules.filter(({ mayDelete }) => mayDelete).map((rule) => ageClaim(rule.path, rule.olderThan, clock)),
  }
}

export function volumeClaims({ volumes }: Policy, clock: Clock): OtherClaims {
  if (volumes === undefined) return none
  return {
    kept: volumes.keep.map((pattern) => patternClaim(pattern)),
    deleted: [ageClaim('volumes.olderThan', volumes.olderThan, clock, 'made')],
  }
}

export function cacheClaims({ cache }: Policy, clock: Clock): OtherClaims {
  if (cache === undefined) return none
  return { kept: [], deleted: [unpulledClaim('cache.notUsedFor', cache.notUsedFor, clock, 'used')] }
}

/** What decides of manifests without a tag, strongest first. The default of the policy is not about them. */
export function untaggedChain(guard: Step, sets: readonly SpeakingSet[], clock: Clock): readonly Step[] {
  const { kept, deleted } = untaggedClaims(sets, clock)
  return [
    guard,
    ...kept.map((claim) => keepStep(claim, 'KEEP_RECENT_PULL')),
    ...kept.map((claim) => noDataStep(claim)),
    ...deleted.map((claim) => deleteStep(claim, 'DELETE_UNTAGGED')),
    lastStep(
      'keep',
      deleted.length === 0 ? 'no rule speaks of what has no tag' : 'without a tag, but not for long enough',
    ),
  ]
}

/** What decides of volumes that no container has; of those that one has a guard does. */
export function volumeChain(guard: Step, policy: Policy, clock: Clock, mayDelete: boolean): readonly Step[] {
  if (policy.volumes === undefined || !mayDelete) return [guard, lastStep('keep', 'no rule speaks of volumes')]
  const { kept, deleted } = volumeClaims(policy, clock)
  return [
    guard,
    ...kept.map((claim) => keepStep(claim, 'KEEP_REGEX')),
    ...deleted.map((claim) => deleteStep(claim, 'DELETE_UNUSED')),
    lastStep('keep', 'unused, but not old enough'),
  ]
}

export function cacheChain(guard: Step, policy: Policy, clock: Clock, mayDelete: boolean): readonly Step[] {
  if (policy.cache === undefined || !mayDelete) return [guard, lastStep('keep', 'no rule speaks of the build cache')]
  const { deleted } = cacheClaims(policy, clock)
  return [
    guard,
    ...deleted.map((claim) => deleteStep(claim, 'DELETE_UNUSED')),
    ...deleted.map((claim) => noDataStep(claim)),
    lastStep('keep', 'used not long ago'),
  ]
}

import type { Policy } from '../policy/types.ts'
import type { Clock } from './ages.ts'
import { ageClaim, patternClaim, pulledWithinClaim, unpulledClaim } from './claims.ts'
import type { SpeakingSet } from './rule-sets.ts'
import { deleteStep, keepStep, lastStep, noDataStep, type Step } from './steps.ts'

/** What decides of manifests without a tag, strongest first. The default of the policy is not about them. */
export function untaggedChain(guard: Step, sets: readonly SpeakingSet[], clock: Clock): readonly Step[] {
  const rules = sets.flatMap(({ set, mayDelete }) =>
    set.untagged === undefined ? [] : [{ ...set.untagged, path: `${set.path}.untagged`, mayDelete }],
  )
  const kept = rules.flatMap(({ path, unlessPulledWithin }) =>
    unlessPulledWithin === undefined
      ? []
      : [pulledWithinClaim(`${path}.unlessPulledWithin`, unlessPulledWithin, clock)],
  )
  const deleted = rules.filter(({ mayDelete }) => mayDelete).map((rule) => ageClaim(rule.path, rule.olderThan, clock))
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
export function volumeChain(guard: Step, { volumes }: Policy, clock: Clock, mayDelete: boolean): readonly Step[] {
  if (volumes === undefined || !mayDelete) return [guard, lastStep('keep', 'no rule speaks of volumes')]
  return [
    guard,
    ...volumes.keep.map((pattern) => keepStep(patternClaim(pattern), 'KEEP_REGEX')),
    deleteStep(ageClaim('volumes.olderThan', volumes.olderThan, clock, 'made'), 'DELETE_UNUSED'),
    lastStep('keep', 'unused, but not old enough'),
  ]
}

export function cacheChain(guard: Step, { cache }: Policy, clock: Clock, mayDelete: boolean): readonly Step[] {
  if (cache === undefined || !mayDelete) return [guard, lastStep('keep', 'no rule speaks of the build cache')]
  const unused = unpulledClaim('cache.notUsedFor', cache.notUsedFor, clock, 'used')
  return [guard, deleteStep(unused, 'DELETE_UNUSED'), noDataStep(unused), lastStep('keep', 'used not long ago')]
}

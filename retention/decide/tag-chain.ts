import type { ItemFacts } from '../facts.ts'
import type { KeepRule } from '../policy/types.ts'
import type { Clock } from './ages.ts'
import { type Claim, deleteClaim, keepClaim, nameOf, patternClaim } from './claims.ts'
import type { Fits } from './fits.ts'
import { fitsOrAll } from './fits.ts'
import { MostRecent, type MostRecentRule, rankText } from './most-recent.ts'
import { canDelete, imageName, type SpeakingSet } from './rule-sets.ts'
import { deleteStep, keepStep, lastStep, noDataStep, type Step } from './steps.ts'
import type { Reason } from './types.ts'

/** A step that cannot be held against a tag alone: the counter finds those that it keeps. */
export interface CountingStep {
  readonly place: number
  readonly rule: MostRecentRule
  readonly counter: MostRecent
}

export interface TagChain {
  readonly steps: readonly Step[]
  readonly counting: readonly CountingStep[]
}

const keepReasons = {
  pulledWithin: 'KEEP_RECENT_PULL',
  pushedWithin: 'KEEP_RECENT_PUSH',
  signedBy: 'KEEP_SIGNED',
  label: 'KEEP_LABEL',
} as const satisfies Partial<Record<KeepRule['kind'], Reason>>

/**
 * What decides of tags, strongest first: guards; what mirror jobs keep; of each set its patterns and rules of `keep`; what would be kept if more were known; what sets
 * delete; what they would delete if more were known; the default.
 */
export function tagChain(
  guard: Step,
  sets: readonly SpeakingSet[],
  clock: Clock,
  otherwise: 'keep' | 'delete',
): TagChain {
  const mirrored = sets[0]?.mirrored ?? []
  const steps: Step[] = [guard, ...mirrored.map((claim) => keepStep(claim, 'KEEP_REGEX'))]
  const counting: CountingStep[] = []
  for (const speaking of sets) {
    steps.push(...patternSteps(speaking.keep, nameOf, keepByPattern))
    steps.push(...patternSteps(speaking.keepImages, imageName, keepByPattern))
    for (const rule of speaking.set.keep) {
      if (rule.kind === 'mostRecent') {
        counting.push({ place: steps.length, rule, counter: new MostRecent(rule, speaking) })
        steps.push(countedStep(rule, speaking))
      } else steps.push(keepStep(keepClaim(rule, clock), keepReasons[rule.kind]))
    }
  }
  steps.push(...sets.flatMap(({ set }) => unsureSteps(set.keep, clock)))
  const deleting = sets.filter(canDelete).map((speaking) => deletingSteps(speaking, clock))
  steps.push(...deleting.flatMap(({ sure }) => sure), ...deleting.flatMap(({ unsure }) => unsure))
  return { steps: [...steps, defaultStep(sets, otherwise)], counting }
}

type Holds = (item: ItemFacts) => boolean

/** A step for each pattern, so that what decided can be told without matching again. */
function patternSteps(
  fits: Fits,
  textOf: (item: ItemFacts) => string,
  step: (claim: Claim, holds: Holds) => Step,
): Step[] {
  return fits.patterns.map((pattern, place) =>
    step(patternClaim(pattern), (item) => fits.first(textOf(item)) === place),
  )
}

function keepByPattern(claim: Claim, holds: Holds): Step {
  return keepStep({ ...claim, holds }, 'KEEP_REGEX')
}

function countedStep(rule: MostRecentRule, speaking: SpeakingSet): Step {
  return {
    verdict: 'keep',
    holds: () => false,
    decide: (item, rank) => ({
      item,
      verdict: 'keep',
      reason: 'KEEP_TOP_N',
      rule: rule.path,
      about: rankText(item, rule, speaking, rank),
    }),
  }
}

function unsureSteps(rules: readonly KeepRule[], clock: Clock): Step[] {
  return rules.flatMap((rule) => (rule.kind === 'mostRecent' ? [] : [noDataStep(keepClaim(rule, clock))]))
}

/** A set deletes a tag that its patterns fit when all its conditions hold. The first condition gives the reason, or else the pattern. */
function deletingSteps(speaking: SpeakingSet, clock: Clock): { readonly sure: Step[]; readonly unsure: Step[] } {
  const { set, delete: fits } = speaking
  const claims = set.delete.map((rule) => deleteClaim(rule, clock))
  const [first] = claims
  if (first === undefined) {
    const sure = patternSteps(fits, nameOf, (claim, holds) => deleteStep(claim, 'DELETE_REGEX', holds))
    return { sure, unsure: [] }
  }
  const isFor: Holds = ({ name }) => fitsOrAll(fits, name)
  const reason = set.delete[0]?.kind === 'olderThan' ? 'DELETE_AGE' : 'DELETE_UNPULLED'
  const sure = deleteStep(first, reason, (item) => claims.every((claim) => claim.holds(item)) && isFor(item))
  const unsure = claims.map((claim) => noDataStep(claim, (item) => isMissed(item, claim, claims) && isFor(item)))
  return { sure: [sure], unsure }
}

/** True when the claim is the one for lack of which a tag stays, or one of those. */
function isMissed(item: ItemFacts, claim: Claim, claims: readonly Claim[]): boolean {
  return claim.lacksData(item) && claims.every((other) => other.holds(item) || other.lacksData(item))
}

function defaultStep(sets: readonly SpeakingSet[], otherwise: 'keep' | 'delete'): Step {
  if (sets.length === 0) return lastStep('keep', 'no rule set speaks of this repository')
  const verdict = sets.some(({ mayDelete }) => mayDelete) ? otherwise : 'keep'
  return lastStep(verdict, `no rule holds; what is left ${verdict === 'keep' ? 'stays' : 'goes'} by default`)
}

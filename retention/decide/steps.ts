import type { ItemFacts } from '../facts.ts'
import type { Claim } from './claims.ts'
import { type Guards, guardOf } from './guards.ts'
import type { Decision, Reason } from './types.ts'

/** One link of the chain that decides: the first that holds does. */
export interface Step {
  readonly verdict: 'keep' | 'delete'
  /** For what looks at an item alone. */
  readonly holds: (item: ItemFacts) => boolean
  /** The decision that it is. `rank`: of those that keep-N keeps. */
  readonly decide: (item: ItemFacts, rank: number) => Decision
}

export function guardStep(guards: Guards): Step {
  return {
    verdict: 'keep',
    holds: (item) => guardOf(item, guards) !== undefined,
    decide(item) {
      const guarded = guardOf(item, guards)
      if (guarded !== undefined) return { item, verdict: 'keep', ...guarded }
      return { item, verdict: 'keep', reason: 'NO_DATA', rule: undefined, about: 'it was guarded a moment ago' }
    },
  }
}

export function keepStep(claim: Claim, reason: Reason): Step {
  return { verdict: 'keep', holds: claim.holds, decide: decideBy('keep', reason, claim) }
}

export function deleteStep(claim: Claim, reason: Reason, holds = claim.holds): Step {
  return { verdict: 'delete', holds, decide: decideBy('delete', reason, claim) }
}

/** Keeps what stays only because something is not known of it. */
export function noDataStep(claim: Claim, holds = claim.lacksData): Step {
  return { verdict: 'keep', holds, decide: decideBy('keep', 'NO_DATA', claim) }
}

export function lastStep(verdict: 'keep' | 'delete', about: string): Step {
  const reason = verdict === 'keep' ? 'DEFAULT_KEEP' : 'DEFAULT_DELETE'
  return { verdict, holds: () => true, decide: (item) => ({ item, verdict, reason, rule: undefined, about }) }
}

function decideBy(verdict: 'keep' | 'delete', reason: Reason, { rule, about }: Claim): Step['decide'] {
  return (item) => ({ item, verdict, reason, rule, about: about(item) })
}

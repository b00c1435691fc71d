import type { Guard, ItemFacts } from '../facts.ts'
import type { Hold, ImmutableRule, Policy } from '../policy/types.ts'
import type { Reason } from './types.ts'

/** Why an item stays, whatever rules say. */
export interface Guarded {
  readonly reason: Extract<Reason, 'HOLD' | 'IMMUTABLE' | 'IN_USE' | 'SIGNED_TARGET'>
  readonly rule: string | undefined
  readonly about: string
}

/** What of a policy guards items of one repository. */
export interface Guards {
  /** Holds that time has not ended. */
  readonly holds: readonly Hold[]
  readonly immutable: readonly ImmutableRule[]
}

const reasons = { hold: 'HOLD', immutable: 'IMMUTABLE', 'in-use': 'IN_USE', 'signed-target': 'SIGNED_TARGET' } as const

/** A hold ends at the time it names. */
export function guardsOf({ holds, immutable }: Policy, repository: string, now: number): Guards {
  return {
    holds: holds.filter((hold) => hold.repository === repository && (hold.until === undefined || now < hold.until)),
    immutable: immutable.filter(({ repositories }) => repositories.matches(repository)),
  }
}

/** The strongest guard: hold, immutable, in use, signed target; what the policy says before what the source says. */
export function guardOf(item: ItemFacts, guards: Guards): Guarded | undefined {
  const hasNone = item.guards.length === 0 && guards.holds.length === 0 && guards.immutable.length === 0
  return hasNone ? undefined : allGuards(item, guards)[0]
}

/** All that guard it, strongest first. */
export function allGuards(item: ItemFacts, { holds, immutable }: Guards): readonly Guarded[] {
  return [
    ...holds.filter((hold) => isHeld(item, hold)).map(byHold),
    ...bySource(item, 'hold'),
    ...immutable.filter(({ tags }) => item.kind === 'tag' && tags.matches(item.name)).map(byRule),
    ...bySource(item, 'immutable'),
    ...bySource(item, 'in-use'),
    ...bySource(item, 'signed-target'),
  ]
}

/** A hold of a repository alone is of all that is in it. */
function isHeld(item: ItemFacts, { tag, digest }: Hold): boolean {
  const isTag = tag === undefined || (item.kind === 'tag' && item.name === tag)
  return isTag && (digest === undefined || item.digest === digest)
}

function byHold({ path, reason, until }: Hold): Guarded {
  const end = until === undefined ? '' : ` until ${new Date(until).toISOString()}`
  return { reason: 'HOLD', rule: path, about: `held${end}: ${reason}` }
}

function byRule({ path, tags }: ImmutableRule): Guarded {
  return { reason: 'IMMUTABLE', rule: path, about: `immutable by the pattern ${tags.text}` }
}

function bySource({ guards }: ItemFacts, kind: Guard['kind']): readonly Guarded[] {
  return guards
    .filter((guard) => guard.kind === kind)
    .map(({ about }) => ({ reason: reasons[kind], rule: undefined, about }))
}

import type { ItemFacts } from '../facts.ts'
import type { Matcher } from '../policy/matcher.ts'
import type { DeleteRule, KeepRule } from '../policy/types.ts'
import { isRole } from '../signer-name.ts'
import { agoText, type Clock, countsAsPulledAt, durationText } from './ages.ts'

/** What a rule says of one item, by itself. */
export interface Claim {
  /** Its place in the policy. */
  readonly rule: string
  readonly holds: (item: ItemFacts) => boolean
  /** True when an item stays only because something is not known of it: of a rule that keeps that it may hold, of one that deletes that it may not. */
  readonly lacksData: (item: ItemFacts) => boolean
  /** For people; true whether the claim holds or not. */
  readonly about: (item: ItemFacts) => string
  /** When time alone turns it: milliseconds since the epoch, perhaps past. Undefined: never. */
  readonly turnsAt: (item: ItemFacts) => number | undefined
}

/** A rule of `keep` that looks at one item alone. */
export type LoneKeepRule = Exclude<KeepRule, { readonly kind: 'mostRecent' }>

const timeless = { lacksData: () => false, turnsAt: () => undefined }

/** `textOf`: what of an item the pattern is about. */
export function patternClaim(pattern: Matcher, textOf: (item: ItemFacts) => string = nameOf): Claim {
  return {
    ...timeless,
    rule: pattern.path,
    holds: (item) => pattern.matches(textOf(item)),
    about: () => `the pattern ${pattern.text}`,
  }
}

export function nameOf({ name }: ItemFacts): string {
  return name
}

export function keepClaim(rule: LoneKeepRule, clock: Clock): Claim {
  switch (rule.kind) {
    case 'pulledWithin':
      return pulledWithinClaim(rule.path, rule.time, clock)
    case 'pushedWithin':
      return pushedWithinClaim(rule.path, rule.time, clock)
    case 'signedBy':
      return signedByClaim(rule.path, rule.anyOf)
    case 'label':
      return labelClaim(rule.path, rule.labels)
  }
}

/** Before pulls were noted there may have been one: until that is too long ago, an item that was there before stays. */
export function pulledWithinClaim(rule: string, time: number, { now, pullsKnownSince }: Clock): Claim {
  const lastPossible = (item: ItemFacts): number | undefined =>
    item.pulledAt ?? (item.pushedAt < pullsKnownSince ? pullsKnownSince : undefined)
  return {
    rule,
    holds: (item) => item.pulledAt !== undefined && now - item.pulledAt <= time,
    lacksData: (item) =>
      item.pulledAt === undefined && item.pushedAt < pullsKnownSince && now - pullsKnownSince <= time,
    about: (item) => `${pulledText(item, { now, pullsKnownSince })}; kept for ${durationText(time)} after a pull`,
    turnsAt(item) {
      const last = lastPossible(item)
      return last === undefined ? undefined : last + time + 1
    },
  }
}

function pushedWithinClaim(rule: string, time: number, { now }: Clock): Claim {
  return {
    rule,
    holds: (item) => now - item.pushedAt <= time,
    lacksData: () => false,
    about: (item) => `pushed ${agoText(now, item.pushedAt)}; kept for ${durationText(time)}`,
    turnsAt: (item) => item.pushedAt + time + 1,
  }
}

function signedByClaim(rule: string, anyOf: readonly string[]): Claim {
  const signer = (item: ItemFacts): string | undefined => item.signedBy?.find((name) => anyOf.includes(name))
  const namesKeys = !anyOf.every(isRole)
  return {
    ...timeless,
    rule,
    holds: (item) => signer(item) !== undefined,
    lacksData: (item) => namesKeys && item.signersUnknown !== undefined && signer(item) === undefined,
    about(item) {
      const name = signer(item)
      if (name !== undefined) return `signed by ${name}`
      const doubt =
        namesKeys && item.signersUnknown !== undefined ? `, as far as can be seen: ${item.signersUnknown}` : ''
      return `not signed by ${anyOf.join(' or ')}${doubt}`
    },
  }
}

function labelClaim(rule: string, labels: readonly (readonly [name: string, value: string])[]): Claim {
  const has = ({ labels: own = {} }: ItemFacts, name: string, value: string): boolean =>
    Object.hasOwn(own, name) && own[name] === value
  const text = labels.map(([name, value]) => `${name}=${value}`).join(', ')
  const holds = (item: ItemFacts): boolean => labels.every(([name, value]) => has(item, name, value))
  const lacksData = (item: ItemFacts): boolean => item.labels === undefined
  const about = (item: ItemFacts): string => {
    if (lacksData(item)) return `its labels cannot be read; kept when labelled ${text}`
    return `${holds(item) ? 'labelled' : 'not labelled'} ${text}`
  }
  return { ...timeless, rule, holds, lacksData, about }
}

export function deleteClaim(rule: DeleteRule, clock: Clock): Claim {
  if (rule.kind === 'notPulledFor') return unpulledClaim(rule.path, rule.time, clock)
  switch (rule.by) {
    case 'pulled':
      return unpulledClaim(rule.path, rule.time, clock)
    case 'pushed':
      return ageClaim(rule.path, rule.time, clock)
    case 'created':
      return createdClaim(rule.path, rule.time, clock)
  }
}

export function ageClaim(rule: string, time: number, { now }: Clock, did = 'pushed'): Claim {
  return {
    rule,
    holds: (item) => now - item.pushedAt >= time,
    lacksData: () => false,
    about: (item) => `${did} ${agoText(now, item.pushedAt)}; goes after ${durationText(time)}`,
    turnsAt: (item) => item.pushedAt + time,
  }
}

function createdClaim(rule: string, time: number, { now }: Clock): Claim {
  return {
    rule,
    holds: ({ createdAt }) => createdAt !== undefined && now - createdAt >= time,
    lacksData: ({ createdAt }) => createdAt === undefined,
    about: ({ createdAt }) =>
      `${createdAt === undefined ? 'nobody knows when it was created' : `created ${agoText(now, createdAt)}`}; goes after ${durationText(time)}`,
    turnsAt: ({ createdAt }) => (createdAt === undefined ? undefined : createdAt + time),
  }
}

export function unpulledClaim(rule: string, time: number, clock: Clock, did = 'pulled'): Claim {
  const { now, pullsKnownSince } = clock
  const last = (item: ItemFacts): number => countsAsPulledAt(item, pullsKnownSince)
  const holds = (item: ItemFacts): boolean => now - last(item) >= time
  return {
    rule,
    holds,
    lacksData: (item) => item.pulledAt === undefined && !holds(item) && now - item.pushedAt >= time,
    about: (item) => `${pulledText(item, clock, did)}; goes when not ${did} for ${durationText(time)}`,
    turnsAt: (item) => last(item) + time,
  }
}

function pulledText({ pulledAt, pushedAt }: ItemFacts, { now, pullsKnownSince }: Clock, did = 'pulled'): string {
  if (pulledAt !== undefined) return `last ${did} ${agoText(now, pulledAt)}`
  if (pushedAt >= pullsKnownSince) return `never ${did}, pushed ${agoText(now, pushedAt)}`
  return `not ${did} since that is noted, ${agoText(now, pullsKnownSince)}`
}

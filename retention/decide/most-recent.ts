import type { ItemFacts } from '../facts.ts'
import type { KeepRule } from '../policy/types.ts'
import { Best } from './best.ts'
import type { Groups } from './fits.ts'
import { byRecency, type Recency, recencyOf } from './recency.ts'
import { isCounted, type SpeakingSet } from './rule-sets.ts'

export type MostRecentRule = Extract<KeepRule, { readonly kind: 'mostRecent' }>

/** One of those that a rule keeps, and the how-manieth of its group it is, from 1. */
export interface Winner {
  readonly ordinal: number
  readonly rank: number
}

/** Counts the tags of one repository for one rule. Memory: up to N tags of each group. */
export class MostRecent {
  readonly #rule: MostRecentRule
  readonly #speaking: SpeakingSet
  readonly #groups = new Map<string, Best<Recency>>()
  /** Of groups that are not the number that the rule sorts by. */
  #names: readonly string[] | undefined
  /** Of the tag before: mostly the next one is in the same group. */
  #last: { readonly caught: Groups; readonly best: Best<Recency> } | undefined

  constructor(rule: MostRecentRule, speaking: SpeakingSet) {
    this.#rule = rule
    this.#speaking = speaking
  }

  offer(item: ItemFacts, ordinal: number): void {
    if (!isCounted(this.#speaking, item)) return
    const caught = this.#speaking.group.in(item.name)
    const best = this.#bestOf(caught)
    this.#last = { caught, best }
    best.offer(recencyOf(item, ordinal, this.#rule.by, caught))
  }

  *winners(): Generator<Winner> {
    for (const best of this.#groups.values()) {
      for (const [place, { ordinal }] of best.sorted().entries()) yield { ordinal, rank: place + 1 }
    }
  }

  #bestOf(caught: Groups): Best<Recency> {
    if (this.#last !== undefined && this.#isSameGroup(caught, this.#last.caught)) return this.#last.best
    const group = groupKey(caught, this.#rule)
    const before = this.#groups.get(group)
    if (before !== undefined) return before
    const best = new Best<Recency>(this.#rule.n, byRecency)
    this.#groups.set(group, best)
    return best
  }

  /** True where {@link groupKey} is the same. Of both the same pattern caught something, or nothing. */
  #isSameGroup(a: Groups, b: Groups): boolean {
    if (a === undefined || b === undefined) return a === b
    this.#names ??= namedIn(a, this.#rule).map(([name]) => name)
    for (const name of this.#names) if (a[name] !== b[name]) return false
    return true
  }
}

/**
 * What the named groups caught, without the number that the rule sorts by; undefined caught nothing. Tags that do not fit the
 * pattern are a group of their own. No tag has a zero byte.
 */
export function groupKey(caught: Groups, rule: MostRecentRule): string {
  if (caught === undefined) return ''
  const number = typeof rule.by === 'object' ? rule.by.number : undefined
  let key = '\0'
  for (const name in caught) if (name !== number) key += `${caught[name]}\0`
  return key
}

/** `the 3rd of 10 kept in group branch=main`; `rank` is 0 for a tag that is not counted. */
export function rankText(
  item: ItemFacts,
  rule: MostRecentRule,
  { set, group: caught }: SpeakingSet,
  rank: number,
): string {
  const group = set.group === undefined ? '' : ` ${groupText(caught.in(item.name), rule)}`
  if (rank === 0) return `not counted among the ${rule.n} most recent${group}`
  return rank <= rule.n
    ? `the ${ordinalText(rank)} of ${rule.n} kept${group}`
    : `the ${ordinalText(rank)}${group}, of which ${rule.n} are kept`
}

function groupText(caught: Groups, rule: MostRecentRule): string {
  if (caught === undefined) return 'of those in no group'
  const named = namedIn(caught, rule).map(([name, value]) => `${name}=${value}`)
  return named.length === 0 ? 'of those that fit the group' : `in group ${named.join(', ')}`
}

function namedIn(caught: NonNullable<Groups>, { by }: MostRecentRule): [name: string, value: string][] {
  return Object.entries(caught).filter(([name]) => typeof by !== 'object' || name !== by.number)
}

function ordinalText(rank: number): string {
  const isTeen = rank % 100 >= 11 && rank % 100 <= 13
  const ending = isTeen ? undefined : ['th', 'st', 'nd', 'rd'][rank % 10]
  return `${rank}${ending ?? 'th'}`
}

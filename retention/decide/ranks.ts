import type { ItemFacts } from '../facts.ts'
import { groupKey, type MostRecentRule } from './most-recent.ts'
import { byRecency, recencyOf } from './recency.ts'
import { isCounted, type SpeakingSet } from './rule-sets.ts'

/** For each rule of keep-N, by its path, the how-manieth of its group a tag is, from 1. What is not counted has none. */
export type Ranks = ReadonlyMap<string, number>

interface Counter {
  readonly path: string
  /** True for another tag of the group that is more recent. */
  readonly isBefore: (other: ItemFacts) => boolean
}

/** Counts in all items of the repository. */
export async function ranksOf(
  item: ItemFacts,
  sets: readonly SpeakingSet[],
  pages: AsyncIterable<readonly ItemFacts[]>,
): Promise<Ranks> {
  const counters = sets.flatMap((speaking) => countersOf(item, speaking))
  const ranks = new Map(counters.map(({ path }) => [path, 1]))
  if (counters.length === 0) return ranks
  for await (const page of pages) {
    for (const other of page) {
      if (other.kind !== 'tag' || other.name === item.name) continue
      for (const { path, isBefore } of counters) if (isBefore(other)) ranks.set(path, (ranks.get(path) ?? 1) + 1)
    }
  }
  return ranks
}

function countersOf(item: ItemFacts, speaking: SpeakingSet): Counter[] {
  if (item.kind !== 'tag' || !isCounted(speaking, item)) return []
  return speaking.set.keep.filter((rule) => rule.kind === 'mostRecent').map((rule) => counterOf(item, rule, speaking))
}

function counterOf(item: ItemFacts, rule: MostRecentRule, speaking: SpeakingSet): Counter {
  const placeOf = (one: ItemFacts) => {
    const caught = speaking.group.in(one.name)
    return { group: groupKey(caught, rule), recency: recencyOf(one, 0, rule.by, caught) }
  }
  const own = placeOf(item)
  const isBefore = (other: ItemFacts): boolean => {
    if (!isCounted(speaking, other)) return false
    const { group, recency } = placeOf(other)
    return group === own.group && byRecency(recency, own.recency) < 0
  }
  return { path: rule.path, isBefore }
}

import type { ItemFacts, RepositoryFacts } from '../facts.ts'
import type { Clock } from './ages.ts'
import type { Ruling } from './chains.ts'
import { type Claim, deleteClaim, keepClaim, patternClaim } from './claims.ts'
import { rankText } from './most-recent.ts'
import { cacheClaims, type OtherClaims, untaggedClaims, volumeClaims } from './other-chains.ts'
import type { Ranks } from './ranks.ts'
import { imageName, type SpeakingSet, speakingSets } from './rule-sets.ts'

/** All that rules say of an item, those that keep first. `ranks`: of the item. */
export function claimsAbout(item: ItemFacts, ruling: Ruling, facts: RepositoryFacts, ranks: Ranks): readonly Claim[] {
  const { policy, only, now } = ruling
  const clock = { now, pullsKnownSince: facts.pullsKnownSince }
  const sets = speakingSets(policy, facts.repository, only)
  switch (item.kind) {
    case 'tag':
      return tagClaims(sets, clock, ranks)
    case 'untagged':
      return inOrder(untaggedClaims(sets, clock))
    case 'volume':
      return inOrder(volumeClaims(policy, clock))
    case 'cache':
      return inOrder(cacheClaims(policy, clock))
  }
}

function inOrder({ kept, deleted }: OtherClaims): readonly Claim[] {
  return [...kept, ...deleted]
}

function tagClaims(sets: readonly SpeakingSet[], clock: Clock, ranks: Ranks): Claim[] {
  return [
    ...(sets[0]?.mirrored ?? []),
    ...sets.flatMap((speaking) => keepClaims(speaking, clock, ranks)),
    ...sets.filter(({ mayDelete }) => mayDelete).flatMap(({ set }) => deleteClaims(set, clock)),
  ]
}

function keepClaims(speaking: SpeakingSet, clock: Clock, ranks: Ranks): Claim[] {
  const { tags, images, keep } = speaking.set
  return [
    ...tags.keep.map((pattern) => patternClaim(pattern)),
    ...images.keep.map((pattern) => patternClaim(pattern, imageName)),
    ...keep.map((rule) => {
      if (rule.kind !== 'mostRecent') return keepClaim(rule, clock)
      const rank = ranks.get(rule.path) ?? 0
      const about = (item: ItemFacts): string => rankText(item, rule, speaking, rank)
      const holds = (): boolean => rank > 0 && rank <= rule.n
      return { rule: rule.path, holds, about, lacksData: () => false, turnsAt: () => undefined }
    }),
  ]
}

function deleteClaims({ tags, delete: rules }: SpeakingSet['set'], clock: Clock): Claim[] {
  return [...tags.delete.map((pattern) => patternClaim(pattern)), ...rules.map((rule) => deleteClaim(rule, clock))]
}

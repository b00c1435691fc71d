import type { ItemFacts } from '../facts.ts'
import type { Policy, RuleSet, Selection } from '../policy/types.ts'
import type { Claim } from './claims.ts'
import { Caught, Fits, fitsOrAll } from './fits.ts'
import { mirrorClaims } from './mirrored.ts'

/** A rule set that speaks of a repository. */
export interface SpeakingSet {
  readonly set: RuleSet
  readonly keep: Fits
  /** Of `REPOSITORY:TAG`. */
  readonly keepImages: Fits
  readonly delete: Fits
  /** What the pattern of the group catches in a tag. */
  readonly group: Caught
  /** Tags that mirror jobs keep. */
  readonly mirrored: readonly Claim[]
  /** False where only other sets were asked to delete. */
  readonly mayDelete: boolean
}

/** The sets that speak of a repository, in the order written. Without `only` all of them may delete. */
export function speakingSets(policy: Policy, repository: string, only: readonly string[] | undefined): SpeakingSet[] {
  const mirrored = mirrorClaims(policy, repository)
  return policy.sets
    .filter(({ repositories }) => speaksOf(repositories, repository))
    .map((set) => ({
      set,
      keep: new Fits(set.tags.keep),
      keepImages: new Fits(set.images.keep),
      delete: new Fits(set.tags.delete),
      group: new Caught(set.group),
      mirrored,
      mayDelete: only === undefined || only.includes(set.id),
    }))
}

export function speaksOf({ include, exclude }: Selection, repository: string): boolean {
  const isIncluded = include.length === 0 || include.some((pattern) => pattern.matches(repository))
  return isIncluded && !exclude.some((pattern) => pattern.matches(repository))
}

/** True for tags that the set could delete if no rule of `keep` held: those that keep-N counts. */
export function isCounted({ keep, keepImages, mirrored, delete: toDelete }: SpeakingSet, item: ItemFacts): boolean {
  if (mirrored.some((claim) => claim.holds(item))) return false
  return fitsOrAll(toDelete, item.name) && !keep.any(item.name) && !fitsImage(keepImages, item)
}

function fitsImage(fits: Fits, item: ItemFacts): boolean {
  return fits.patterns.length > 0 && fits.any(imageName(item))
}

/** `REPOSITORY:TAG`. */
export function imageName({ repository, name }: ItemFacts): string {
  return `${repository}:${name}`
}

/** Without patterns and without conditions a set deletes nothing. */
export function canDelete({ set, mayDelete }: SpeakingSet): boolean {
  return mayDelete && (set.tags.delete.length > 0 || set.delete.length > 0)
}

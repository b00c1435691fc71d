import type { Source } from '../facts.ts'
import { groupWarnings } from './group-warnings.ts'
import type { Matcher } from './matcher.ts'
import { fitsAll, type Subject, warningOf } from './pattern-warnings.ts'
import type { PolicyProblem } from './problem.ts'
import type { Policy, RuleSet } from './types.ts'

/**
 * What in a policy looks like a mistake, though it can be done. `source` is what it is for; without it nothing is said of parts that
 * another source would have.
 */
export function policyWarnings(policy: Policy, source?: Source): readonly PolicyProblem[] {
  return [
    ...policy.sets.flatMap((set) => setWarnings(set, policy)),
    ...policy.immutable.flatMap(({ repositories, tags }) => [
      ...patternWarnings([repositories], 'repository'),
      ...patternWarnings([tags], 'tag'),
    ]),
    ...documentWarnings(policy),
    ...(source === undefined ? [] : sourceWarnings(policy, source)),
  ]
}

function setWarnings(set: RuleSet, policy: Policy): readonly PolicyProblem[] {
  const { repositories, tags, images } = set
  return [
    ...patternWarnings([...repositories.include, ...repositories.exclude], 'repository'),
    ...patternWarnings([...tags.keep, ...tags.delete], 'tag'),
    ...patternWarnings(images.keep, 'image'),
    ...(canDelete(set, policy) ? keepAllWarnings(set) : [idle(set)]),
    ...groupWarnings(set),
  ]
}

function patternWarnings(patterns: readonly Matcher[], subject: Subject): readonly PolicyProblem[] {
  return patterns.flatMap((pattern) => {
    const message = warningOf(pattern, subject)
    return message === undefined ? [] : [{ path: pattern.path, message }]
  })
}

function canDelete(set: RuleSet, policy: Policy): boolean {
  return policy.default === 'delete' || set.tags.delete.length + set.delete.length > 0 || set.untagged !== undefined
}

function idle({ path }: RuleSet): PolicyProblem {
  return { path, message: 'can delete nothing: it has neither tags.delete, delete nor untagged, and default is keep' }
}

function keepAllWarnings({ tags, images }: RuleSet): readonly PolicyProblem[] {
  const all = [
    ...tags.keep.filter((pattern) => fitsAll(pattern, 'tag')),
    ...images.keep.filter((pattern) => fitsAll(pattern, 'image')),
  ]
  return all.map(({ path }) => ({
    path,
    message: 'fits every tag: of the repositories of this rule set no tag goes, whatever other sets say',
  }))
}

function documentWarnings({ default: otherwise, sets }: Policy): readonly PolicyProblem[] {
  const isIdle = otherwise === 'delete' && sets.length === 0
  return isIdle
    ? [
        {
          path: 'default',
          message: 'is delete, and nothing comes of it: it is for repositories that one of policies names',
        },
      ]
    : []
}

function sourceWarnings({ volumes, cache }: Policy, source: Source): readonly PolicyProblem[] {
  return [
    ...(volumes !== undefined && source !== 'docker' ? [only('volumes', 'a Docker daemon')] : []),
    ...(cache !== undefined && source !== 'store' ? [only('cache', 'the store of builds')] : []),
  ]
}

function only(path: string, owner: string): PolicyProblem {
  return { path, message: `speaks of what only ${owner} has: nothing comes of it here` }
}

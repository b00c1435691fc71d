import { type NamePattern, parsePattern } from '../../shared/base/name-pattern.ts'
import type { Action } from '../http/authorize.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { Rules, Subject } from './types.ts'

/** One rule of the configuration; patterns, words of `who` and actions are ones that were checked. */
export interface AccessRule {
  /** Patterns of names. */
  readonly repositories: readonly string[]
  /** `user:NAME`, `group:NAME`, `authenticated` or `anonymous`. */
  readonly who: readonly string[]
  readonly actions: readonly Action[]
}

/** What is so when nothing is said: whoever logged in may do everything. */
export const usualRules: readonly AccessRule[] = [
  { repositories: ['**'], who: ['authenticated'], actions: ['pull', 'push', 'delete'] },
]

interface CompiledRule {
  readonly patterns: readonly NamePattern[]
  readonly who: ReadonlySet<string>
  readonly actions: readonly Action[]
}

/**
 * The decision that rules make: each grants its actions to those that it names, and together they grant what any of them does.
 * What is granted to `anonymous` everybody may do, known or not.
 */
export function createRules(rules: readonly AccessRule[]): Rules {
  const compiled = rules.map(({ repositories, who, actions }): CompiledRule => {
    return { patterns: repositories.map(parsePattern), who: new Set(who), actions }
  })
  /** Each request has a subject of its own, and a catalog asks for thousands of names. */
  const known = new WeakMap<Subject, readonly CompiledRule[]>()
  const rulesFor = (subject: Subject): readonly CompiledRule[] => {
    const found = known.get(subject) ?? compiled.filter(({ who }) => isNamed(who, subject))
    known.set(subject, found)
    return found
  }
  return {
    actionsFor: (subject, name) => actionsIn(rulesFor(subject), name),
    areForAnonymous: compiled.some(({ who, actions }) => who.has('anonymous') && actions.length > 0),
  }
}

function actionsIn(rules: readonly CompiledRule[], name: RepositoryName): ReadonlySet<Action> {
  const granted = new Set<Action>()
  for (const { patterns, actions } of rules) {
    const adds = actions.some((action) => !granted.has(action))
    if (!adds || !patterns.some((pattern) => pattern.matches(name))) continue
    for (const action of actions) granted.add(action)
  }
  return granted
}

function isNamed(who: ReadonlySet<string>, subject: Subject): boolean {
  if (who.has('anonymous')) return true
  if (subject.kind === 'anonymous') return false
  if (who.has('authenticated') || who.has(`user:${subject.name}`)) return true
  for (const group of subject.groups) if (who.has(`group:${group}`)) return true
  return false
}

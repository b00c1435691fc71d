import { type NamePattern, parsePattern } from '../../shared/base/name-pattern.ts'
import type { Person } from '../../shared/web/further.ts'
import type { Within } from '../run/types.ts'

/** What somebody may do over the API, and what that is. */
export const scopes = {
  'policy:read': 'Reads policies, plans, runs, trash and log; previews and explains.',
  'policy:write': 'Puts policies in force, and makes plans.',
  'policy:approve':
    'Applies plans, begins runs and mirror jobs, and removes single images and volumes of a Docker daemon.',
  'trash:restore': 'Gives back what was removed.',
  'trash:purge': 'Empties the trash.',
  'in-use:report': 'Says what it runs, which then stays.',
} as const
export type Scope = keyof typeof scopes

/** Scopes that can be for some repositories alone. */
export const delegable: ReadonlySet<Scope> = new Set<Scope>(['policy:read', 'trash:restore', 'trash:purge'])

/** One rule of the configuration; its words and patterns were checked. */
export interface GcAccessRule {
  /** `user:NAME`, `group:NAME`, `authenticated` or `anonymous`. */
  readonly who: readonly string[]
  readonly scopes: readonly Scope[]
  /** Patterns of names. Undefined: all that there is. */
  readonly repositories?: readonly string[] | undefined
}

/** Where somebody may do something; undefined for nowhere. */
export type Allowed = 'everywhere' | Within | undefined

/** Who may do what, as rules say: what no rule grants is refused. Rules for `anonymous` are for everybody. */
export function createGcAccess(rules: readonly GcAccessRule[]): (person: Person | undefined, scope: Scope) => Allowed {
  const compiled = rules.map((rule) => ({ ...rule, patterns: rule.repositories?.map(parsePattern) }))
  return (person, scope) => {
    const granting = compiled.filter((rule) => rule.scopes.includes(scope) && isNamed(rule.who, person))
    if (granting.length === 0) return undefined
    const patterns = granting.flatMap((rule): readonly (NamePattern | undefined)[] => rule.patterns ?? [undefined])
    const known = patterns.flatMap((pattern) => pattern ?? [])
    if (known.length < patterns.length) return 'everywhere'
    return (repository) => known.some((pattern) => pattern.matches(repository))
  }
}

function isNamed(who: readonly string[], person: Person | undefined): boolean {
  if (who.includes('anonymous')) return true
  if (person === undefined) return false
  if (who.includes('authenticated') || who.includes(`user:${person.name}`)) return true
  return [...person.groups].some((group) => who.includes(`group:${group}`))
}

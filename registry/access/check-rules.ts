import type { Groups } from './accounts.ts'
import type { AccessRule } from './rules.ts'

export interface AccessSettings {
  readonly groups: Groups
  readonly rules: readonly AccessRule[]
  /** Issuers of tokens: what is called `NAME/...` by one of them nobody here knows. */
  readonly outside?: readonly string[]
}

/** A word of a rule or a group, and where it stands. */
interface Named {
  readonly word: string
  readonly place: string
}

/**
 * What rules and groups name that there is not; one sentence each. Such a rule grants nothing now, and some day something to
 * somebody who was not meant. `accounts` are the names of all, undefined when there is no file of them.
 */
export function problemsOfAccess(
  settings: AccessSettings,
  accounts: ReadonlySet<string> | undefined,
): readonly string[] {
  const { groups, outside = [] } = settings
  const [members, words] = [membersOf(settings), wordsOf(settings)]
  if (accounts === undefined && outside.length === 0) {
    const places = new Set([...members, ...words.filter(({ word }) => word !== 'anonymous')].map(({ place }) => place))
    return [...places].map(
      (place) => `${place}: is for people who log in, and there are no accounts; ibuild registry user add makes them`,
    )
  }
  const isHere = (name: string): boolean => accounts?.has(name) === true
  const isOutside = (name: string): boolean => outside.some((issuer) => name.startsWith(`${issuer}/`))
  const unknown = (kind: string, isKnown: (name: string) => boolean): readonly string[] =>
    words.flatMap(({ word, place }) => {
      const name = word.startsWith(`${kind}:`) ? word.slice(kind.length + 1) : undefined
      if (name === undefined || isKnown(name) || isOutside(name)) return []
      return [kind === 'user' ? noAccount(place, name) : `${place}: there is no group ${name}`]
    })
  return [
    ...members.flatMap(({ word, place }) => (isHere(word) ? [] : [noAccount(place, word)])),
    ...unknown('user', isHere),
    ...unknown('group', (name) => Object.hasOwn(groups, name)),
  ]
}

function noAccount(place: string, name: string): string {
  return `${place}: there is no account ${name}; ibuild registry user add makes it`
}

function membersOf({ groups }: AccessSettings): readonly Named[] {
  return Object.entries(groups).flatMap(([group, members]) =>
    members.map((word) => ({ word, place: `access.groups: ${group}` })),
  )
}

function wordsOf({ rules }: AccessSettings): readonly Named[] {
  return rules.flatMap(({ who }, i) => who.map((word) => ({ word, place: `access.rules: rule ${i + 1}` })))
}

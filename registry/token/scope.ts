import type { Action } from '../http/authorize.ts'
import { isName, type RepositoryName } from '../protocol/names.ts'

/** What a token is asked for, and allows: actions on one thing (Docker token specification, "Requesting a Token"). */
export interface Scope {
  /** `repository` or `registry`; others mean nothing here. */
  readonly type: string
  /** Of a repository, `catalog`, or a service beside the registry. */
  readonly name: string
  /** Without doubles, in alphabetical order. */
  readonly actions: readonly string[]
}

/** Scopes that one token is asked for; what comes behind them is not granted. A token must fit into a header. */
const mostScopes = 60
/** Characters of all scopes of a token. */
const mostText = 4 * 1024

/** What a token can be for that is no repository. */
const besides: ReadonlySet<string> = new Set(['catalog', 'gc'])

const everyAction: readonly Action[] = ['pull', 'push', 'delete']

/**
 * Reads `TYPE:NAME:ACTION,ACTION`, or `TYPE(CLASS):...`, where the class means nothing. The name may have colons itself, as
 * one with a host and its port: the actions are what follows the last one. Undefined for what is no scope.
 */
export function parseScope(text: string): Scope | undefined {
  const [, type, name, actions] =
    /^([a-z]{1,32})(?:\([a-z0-9-]{1,32}\))?:([^\s"\\]{1,512}):([a-z,*]{0,128})$/.exec(text) ?? []
  if (type === undefined || name === undefined || actions === undefined) return undefined
  return { type, name, actions: tidy(actions.split(',')) }
}

/** The text of a scope. */
export function showScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`
}

/** All scopes in texts, each of them one or several with spaces between; one for each thing. What is no scope is left out. */
export function readScopes(texts: readonly string[]): readonly Scope[] {
  const merged = new Map<string, Scope>()
  let left = mostText
  for (const text of texts.flatMap((one) => one.split(' ')).slice(0, 2 * mostScopes)) {
    const scope = parseScope(text)
    if (scope === undefined || text.length > left || merged.size >= mostScopes) continue
    left -= text.length
    const key = `${scope.type}:${scope.name}`
    merged.set(key, { ...scope, actions: tidy([...(merged.get(key)?.actions ?? []), ...scope.actions]) })
  }
  return [...merged.values()]
}

export interface GrantOptions {
  /** What somebody may do in a repository. */
  readonly actionsFor: (name: RepositoryName) => Iterable<Action>
  /** The repository of a trusted collection, by which its name is one here. */
  readonly repositoryOf: (gun: string) => RepositoryName | undefined
}

/**
 * What of scopes is granted: in repositories what rules allow, in their trusted collections the same, and to list repositories,
 * because everybody sees those alone that he may pull from; also to use what is beside the registry, which decides itself who may.
 * What grants nothing is left out.
 */
export function grantedScopes(asked: readonly Scope[], options: GrantOptions): readonly Scope[] {
  return asked
    .map((scope) => ({ ...scope, actions: grantedActions(scope, options) }))
    .filter(({ actions }) => actions.length > 0)
}

function grantedActions({ type, name, actions }: Scope, options: GrantOptions): readonly string[] {
  if (type === 'registry' && besides.has(name)) return actions.includes('*') ? ['*'] : []
  if (type !== 'repository') return []
  const wanted: readonly string[] = actions.includes('*') ? everyAction : actions
  const granted = meantBy(name, options).flatMap((one) => [...options.actionsFor(one)])
  return tidy(granted.filter((action) => wanted.includes(action)))
}

/** `localhost/app` may be a repository, and the collection of `app`. Rules are asked again, for the one, when a token is used. */
function meantBy(name: string, { repositoryOf }: GrantOptions): readonly RepositoryName[] {
  const ofCollection = repositoryOf(name)
  return [...(isName(name) ? [name] : []), ...(ofCollection === undefined ? [] : [ofCollection])]
}

function tidy(actions: readonly string[]): readonly string[] {
  return [...new Set(actions)].filter((action) => action !== '').sort()
}

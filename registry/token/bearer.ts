import { isKnown } from '../access/basic.ts'
import type { Asker, Challenged, LoginScheme, Rules } from '../access/types.ts'
import type { Access, AccessRequest, AccessWish, Action } from '../http/authorize.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { type Scope, showScope } from './scope.ts'
import type { TokenMeaning } from './subject-of-token.ts'

export interface BearerOptions {
  /** What a token says; undefined for one that is not to be believed. */
  readonly read: (token: string) => Promise<TokenMeaning | undefined>
  /** Those in force. */
  readonly rules: () => Rules
  /** Where tokens are given, for whoever sent a request: an URL. */
  readonly realm: (request: Pick<AccessRequest, 'client'>) => string
  /** What they must be for. */
  readonly service: () => string
}

/** A token with every request (Docker token specification; RFC 6750). */
export function bearerScheme({ read, rules, realm, service }: BearerOptions): LoginScheme {
  return {
    name: 'bearer',
    async identify(credentials, request) {
      const meaning = await read(credentials)
      return meaning && askerByToken(meaning, rules(), request)
    },
    challenge: (challenged) => challengeText(challenged, realm(challenged.request), service()),
  }
}

/**
 * What a token allows, of what the rules grant now. A list of repositories shows what the rules let be pulled: no token names all
 * of these.
 */
function askerByToken({ subject, scopes, isDecided }: TokenMeaning, rules: Rules, { route }: AccessRequest): Asker {
  const byRules = (name: RepositoryName, action: Action): boolean =>
    isDecided || rules.actionsFor(subject, name).has(action)
  const byToken = (name: string, action: Action): boolean =>
    scopes === undefined || scopes.some((scope) => allowsIn(scope, name, action))
  const isListing = route.kind === 'catalog' && !isDecided
  const mayList = subject.kind === 'account' || rules.areForAnonymous
  return {
    subject,
    allows: (name, action, calledBy = name) => byRules(name, action) && (isListing || byToken(calledBy, action)),
    publishes: (name) => (isDecided ? byToken(name, 'push') : isKnown(subject) && byRules(name, 'push')),
    mayListCatalog: mayList && (scopes === undefined || scopes.some((scope) => isFor(scope, 'catalog'))),
    mayUse: (service) => scopes === undefined || scopes.some((scope) => isFor(scope, service)),
    couldBeAllowed: (access) =>
      scopes !== undefined && couldBe(access, { byRules, mayList, isKnown: isKnown(subject) }),
  }
}

interface Possible {
  readonly byRules: (name: RepositoryName, action: Action) => boolean
  readonly mayList: boolean
  readonly isKnown: boolean
}

function couldBe(access: Access, { byRules, mayList, isKnown: isSomebody }: Possible): boolean {
  if (access.kind === 'service') return isSomebody
  return access.kind === 'catalog' ? mayList : isGranted(access, byRules)
}

function allowsIn({ type, name, actions }: Scope, repository: string, action: string): boolean {
  return type === 'repository' && name === repository && (actions.includes(action) || actions.includes('*'))
}

function isFor({ type, name, actions }: Scope, thing: string): boolean {
  return type === 'registry' && name === thing && actions.includes('*')
}

function isGranted(
  { name, actions }: Extract<Access, { kind: 'repository' }>,
  byRules: (name: RepositoryName, action: Action) => boolean,
): boolean {
  return actions.every((action) => byRules(name, action))
}

/** All texts in it are ours, or names that were checked: none needs to be escaped. */
function challengeText({ wish, reason }: Challenged, realm: string, service: string): string {
  const scope = scopesOf(wish).map(showScope).join(' ')
  const parts = { realm, service, ...(scope !== '' && { scope }), ...(reason !== undefined && { error: reason }) }
  return `Bearer ${Object.entries(parts)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}`
}

/** Clients that push also pull: they ask whether a blob is there. A mount needs a token for both repositories. */
function scopesOf({ required, optional }: AccessWish): readonly Scope[] {
  const needed = required.map((access): Scope => {
    if (access.kind !== 'repository') {
      return { type: 'registry', name: access.kind === 'catalog' ? 'catalog' : access.name, actions: ['*'] }
    }
    const { name, actions, calledBy = name } = access
    return {
      type: 'repository',
      name: calledBy,
      actions: actions.includes('push') ? [...new Set(['pull', ...actions])] : actions,
    }
  })
  return [...needed, ...optional.map((name): Scope => ({ type: 'repository', name, actions: ['pull'] }))]
}

import type { Access, AccessRequest, Authorize, Grant } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import { askerByRules } from './basic.ts'
import type { Asker, Challenged, LoginScheme, Rules } from './types.ts'

export interface AuthorizeOptions {
  /** Those in force. */
  readonly rules: () => Rules
  /** How one can log in. Without any nobody can, and what the rules grant to everybody is all there is. */
  readonly schemes: readonly LoginScheme[]
}

/**
 * Lets through what the rules grant. Nothing is looked up before, so what is refused is refused alike whether or not it is there:
 * 401 with a challenge to whoever did not say who he is, 403 to the others.
 */
export function createAuthorize(options: AuthorizeOptions): Authorize {
  return (request, wish) => {
    const found = identify(request, options)
    const challenged = { request, wish }
    return found instanceof Promise
      ? found.then((asker) => letIn(asker, challenged, options.schemes))
      : letIn(found, challenged, options.schemes)
  }
}

/** Undefined for what proves nothing. */
function identify(
  request: AccessRequest,
  { rules, schemes }: AuthorizeOptions,
): Asker | undefined | Promise<Asker | undefined> {
  const { authorization } = request.headers
  if (authorization === undefined || schemes.length === 0) return askerByRules({ kind: 'anonymous' }, rules())
  const [, name = '', credentials = ''] = /^([A-Za-z]{1,20}) +(\S+)$/.exec(authorization) ?? []
  return schemes.find((scheme) => scheme.name === name.toLowerCase())?.identify(credentials, request)
}

function letIn(asker: Asker | undefined, challenged: Challenged, schemes: readonly LoginScheme[]): Grant {
  const { request, wish } = challenged
  if (asker === undefined) throw unauthorized({ ...challenged, reason: 'invalid_token' }, schemes)
  if (asker.subject.kind === 'account') request.tellAccount?.(asker.subject.name)
  if (isForLogin(request) && schemes.length > 0) throw unauthorized(challenged, schemes)
  const refused = wish.required.filter((access) => !isAllowed(asker, access))
  if (refused.length === 0) return grantOf(asker)
  if (refused.every((access) => asker.couldBeAllowed?.(access) === true))
    throw unauthorized({ ...challenged, reason: 'insufficient_scope' }, schemes)
  throw asker.subject.kind === 'anonymous' ? unauthorized(challenged, schemes) : denied(refused)
}

function grantOf(asker: Asker): Grant {
  const { subject } = asker
  const mayPull: Grant['mayPull'] = (name) => asker.allows(name, 'pull')
  const mayPush: Grant['mayPush'] = (name) => asker.allows(name, 'push')
  const publishes: Grant['publishes'] = (name) => asker.publishes(name)
  return {
    mayPull,
    mayPush,
    publishes,
    ...(subject.kind === 'account' && { subject: subject.name, groups: subject.groups }),
  }
}

/** Clients ask for `/v2/` to be told how to log in, also where there is something for everybody. */
function isForLogin({ route, headers }: AccessRequest): boolean {
  return route.kind === 'base' && headers.authorization === undefined
}

function isAllowed(asker: Asker, access: Access): boolean {
  if (access.kind === 'catalog') return asker.mayListCatalog
  if (access.kind === 'service') return asker.subject.kind === 'account' && (asker.mayUse?.(access.name) ?? true)
  return access.actions.every((action) => asker.allows(access.name, action, access.calledBy))
}

/** Of what is not granted and of a password that is wrong nothing more is told. */
function unauthorized(challenged: Challenged, [scheme]: readonly LoginScheme[]): RegistryError {
  const message =
    challenged.reason === 'invalid_token' ? 'what you logged in with is not valid here' : 'log in to do this'
  const headers = scheme === undefined ? {} : { 'WWW-Authenticate': scheme.challenge(challenged) }
  return new RegistryError('UNAUTHORIZED', message, { headers })
}

function denied(refused: readonly Access[]): RegistryError {
  const wanted = refused.map((access) => {
    if (access.kind === 'service') return `to use ${access.name}`
    return access.kind === 'catalog' ? 'to list repositories' : `to ${access.actions.join(', ')} here`
  })
  return new RegistryError('DENIED', `you are not allowed ${wanted.join(' and ')}`)
}

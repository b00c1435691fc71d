import type { Accounts, KnownAccount, Rules, Subject } from '../access/types.ts'
import type { HttpLimits } from '../http/limits.ts'
import { jsonReply, type Reply } from '../http/reply.ts'
import type { RegistryRequest } from '../http/request.ts'
import type { Answer } from '../http/respond.ts'
import { BodyMemory } from '../http/whole-body.ts'
import { RegistryError } from '../protocol/error.ts'
import type { IssueToken } from './issue-token.ts'
import type { RefreshTokens } from './refresh-tokens.ts'
import { type GrantOptions, grantedScopes, showScope } from './scope.ts'
import { readTokenRequest, type TokenLogin, type TokenRequest } from './token-request.ts'

export interface TokenPageParts {
  readonly accounts: Accounts
  /** Those in force. */
  readonly rules: () => Rules
  readonly repositoryOf: GrantOptions['repositoryOf']
  readonly service: () => string
  readonly issue: IssueToken
  readonly refreshTokens: RefreshTokens
  readonly limits: HttpLimits
}

/** Bytes, of all forms that are being read. */
const formMemory = 4 * 1024 * 1024

/** Nobody keeps what is answered here, but who asked. */
const unkept = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }

/**
 * Gives tokens: for what was asked for as far as the rules grant it, which may be nothing. Errors: UNAUTHORIZED for a login that
 * is wrong, TOOMANYREQUESTS after too many of them, UNSUPPORTED for what cannot be read, and for another service.
 */
export function tokenPage(parts: TokenPageParts): Answer {
  const memory = new BodyMemory(formMemory)
  return async (request) => {
    const asked = await readTokenRequest(request, { limits: parts.limits, memory })
    const service = parts.service()
    if (asked.service !== undefined && asked.service !== '' && asked.service !== service)
      throw new RegistryError('UNSUPPORTED', `tokens are given here for the service ${service} alone`, { status: 400 })
    const account = await accountOf(asked.login, request, parts)
    const refresh = await refreshTokenFor(account, asked, parts)
    return reply(account, { asked, refresh, parts })
  }
}

/** Undefined for who did not log in. */
async function accountOf(
  login: TokenLogin,
  { client }: RegistryRequest,
  { accounts, refreshTokens, service }: TokenPageParts,
): Promise<KnownAccount | undefined> {
  if (login.kind === 'none') return undefined
  const account =
    login.kind === 'password'
      ? await verified(accounts, { ...login, address: client.address })
      : login.kind === 'refresh'
        ? await refreshTokens.redeem(login.token)
        : undefined
  if (account !== undefined) return account
  throw new RegistryError('UNAUTHORIZED', wrong[login.kind], {
    headers: { 'WWW-Authenticate': `Basic realm="${service()}", charset="UTF-8"`, ...unkept },
  })
}

const wrong = {
  unreadable: 'a token is given for a name and a password',
  password: 'the name or password is wrong',
  refresh: 'this login is over, or its password is another one now: log in anew',
}

async function verified(
  accounts: Accounts,
  login: Parameters<Accounts['verify']>[0],
): Promise<KnownAccount | undefined> {
  const account = await accounts.verify(login)
  return account === undefined ? undefined : accounts.find(account.name)
}

/** The one that was sent is still good, so a client that asks for one with it is given the same. */
async function refreshTokenFor(
  account: KnownAccount | undefined,
  { login, isOffline }: TokenRequest,
  { refreshTokens }: TokenPageParts,
): Promise<string | undefined> {
  if (account === undefined || !isOffline) return undefined
  return login.kind === 'refresh' ? login.token : refreshTokens.issue(account)
}

interface Given {
  readonly asked: TokenRequest
  readonly refresh: string | undefined
  readonly parts: TokenPageParts
}

async function reply(account: KnownAccount | undefined, { asked, refresh, parts }: Given): Promise<Reply> {
  const subject: Subject = account ?? { kind: 'anonymous' }
  const rules = parts.rules()
  const { repositoryOf } = parts
  const scopes = grantedScopes(asked.scopes, { actionsFor: (name) => rules.actionsFor(subject, name), repositoryOf })
  const { token, lifetime, at } = await parts.issue(account, scopes)
  const body = {
    token,
    access_token: token,
    token_type: 'Bearer',
    expires_in: lifetime,
    issued_at: new Date(at).toISOString(),
    scope: scopes.map(showScope).join(' '),
    ...(refresh !== undefined && { refresh_token: refresh }),
  }
  return jsonReply(body, unkept)
}

import { isIbuildError } from '../../shared/base/errors.ts'
import { originOf } from '../../shared/web/origin.ts'
import type { GunNames } from '../access/gun-names.ts'
import type { Accounts, LoginScheme, Rules } from '../access/types.ts'
import type { AppRoute } from '../http/app.ts'
import type { AccessRequest, Authorize } from '../http/authorize.ts'
import { defaultLimits, type HttpLimits } from '../http/limits.ts'
import { jsonReply } from '../http/reply.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RefreshTokenStore } from '../service/refresh-tokens.ts'
import { bearerScheme } from './bearer.ts'
import { tokenIssuer } from './issue-token.ts'
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.ts'
import { issuerOf, ownAlgorithm, TokenInvalid, type Verify, verifierOf } from './jwt.ts'
import { outsideReader, type ReadOutside, type TokenIssuer } from './outside-issuer.ts'
import { createRefreshTokens } from './refresh-tokens.ts'
import { openSigningKeys, type RotatedKeys, type SigningKeys } from './signing-keys.ts'
import { ownMeaning, type TokenMeaning } from './subject-of-token.ts'
import { tokenPage } from './token-page.ts'
import { createUploadSeals } from './upload-seals.ts'
import { rememberVerified, type TokenClocks, type VerifiedTokens } from './verified-tokens.ts'
import { withUploadSeals } from './with-seals.ts'

/** What is configured; times are in milliseconds. */
export interface TokenSettings {
  /** URL of where tokens are given; empty: this registry, by the name that the client has for it. */
  readonly realm: string
  readonly service: string
  readonly life: number
  readonly refreshLife: number
  readonly rotateKeys: number
  readonly issuers: readonly TokenIssuer[]
}

export interface TokenServiceOptions extends TokenClocks {
  /** Of the keys. */
  readonly folder: string
  readonly accounts: Accounts
  /** Those in force. */
  readonly rules: () => Rules
  /** Of trusted collections; see {@link GunNames}. */
  readonly repositoryOf: GunNames['repositoryOf']
  readonly store: RefreshTokenStore
  /** Those in force; `service` and `issuers` stay as they were at the start. */
  readonly settings: () => TokenSettings
  readonly userAgent: string
  readonly onNotice: (notice: string) => void
  /** Is told why a token was not believed; nothing secret. */
  readonly onRefused: (reason: string) => void
}

/** Tokens for one registry, and whose tokens it takes. */
export interface TokenService {
  readonly scheme: LoginScheme
  /** `/token` and `/.well-known/jwks.json`. */
  routes(limits: Partial<HttpLimits>): readonly AppRoute[]
  /** Lets uploads go on by their address; see {@link withUploadSeals}. */
  withSeals(next: Authorize): Authorize
  /** Makes another key now; with `isRevoking` nothing counts any more that was signed before. */
  rotateKeys(isRevoking: boolean): Promise<RotatedKeys>
  close(): Promise<void>
}

/** Milliseconds between two looks for refresh tokens that are over. */
const sweepEvery = 6 * 3_600_000

/** Opens the keys, and makes them when there are none. Errors: TOKEN_KEYS_INVALID. */
export async function openTokenService(options: TokenServiceOptions): Promise<TokenService> {
  const { folder, accounts, rules, store, settings, now } = options
  const { service } = settings()
  const keys = await openSigningKeys({
    folder,
    rotateAfter: () => settings().rotateKeys,
    tokenLife: () => settings().life,
    now,
    onNotice: options.onNotice,
  })
  const refreshTokens = createRefreshTokens({ store, accounts, life: () => settings().refreshLife, now })
  const sweep = (): void => void refreshTokens.sweep().catch(() => undefined)
  const timer = setInterval(sweep, sweepEvery).unref()
  sweep()
  const outside = openOutside(options)
  const own = ownTokens({ keys, service, clocks: options })
  const seals = createUploadSeals(() => keys.uploadSecret, now)
  const issue = tokenIssuer({ sign: keys.sign, service: () => service, life: () => settings().life, now })
  return {
    scheme: bearerScheme({
      read: tokenReader({ ...options, service, verify: own.verify, outside: outside.readers }),
      rules,
      realm: (request) => settings().realm || ownRealm(request),
      service: () => service,
    }),
    routes: (limits) => [
      {
        path: '/token',
        methods: ['GET', 'HEAD', 'POST'],
        answer: tokenPage({
          accounts,
          rules,
          repositoryOf: options.repositoryOf,
          service: () => service,
          issue,
          refreshTokens,
          limits: { ...defaultLimits, ...limits },
        }),
      },
      { path: '/.well-known/jwks.json', answer: () => keySetReply(keys) },
    ],
    withSeals: (next) => withUploadSeals(next, { seals, mayPush: pushDecision(options) }),
    async rotateKeys(isRevoking) {
      const rotated = await keys.rotate(isRevoking)
      if (isRevoking) own.forget()
      return rotated
    },
    async close() {
      clearInterval(timer)
      await outside.close()
    },
  }
}

function keySetReply({ publicKeys }: SigningKeys): ReturnType<typeof jsonReply> {
  return jsonReply({ keys: publicKeys }, { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'max-age=300' })
}

/** A client that has no name for the registry is told one that leads nowhere else. */
function ownRealm({ client }: Pick<AccessRequest, 'client'>): string {
  return `${originOf(client) ?? originOf({ ...client, host: 'localhost' })}/token`
}

/** Of somebody whom another issuer knows, nothing is known here between two of his tokens. */
function pushDecision({ accounts, rules, settings }: TokenServiceOptions) {
  const prefixes = settings().issuers.map(({ name }) => `${name}/`)
  return (name: string, repository: Parameters<Rules['actionsFor']>[1]): boolean => {
    if (name === '') return rules().actionsFor({ kind: 'anonymous' }, repository).has('push')
    const account = accounts.find(name)
    if (account !== undefined) return rules().actionsFor(account, repository).has('push')
    return prefixes.some((prefix) => name.startsWith(prefix))
  }
}

interface Outside {
  /** By what stands in `iss`. */
  readonly readers: ReadonlyMap<string, ReadOutside>
  close(): Promise<void>
}

function openOutside({ accounts, settings, now, elapsed, userAgent, onNotice }: TokenServiceOptions): Outside {
  const all: IssuerKeys[] = []
  const readers = settings().issuers.map((issuer): [string, ReadOutside] => {
    const keys = createIssuerKeys({ source: issuer.keys, userAgent, elapsed, onNotice })
    all.push(keys)
    // Who configured a wrong place is told at once, and not with the first token.
    keys.get().catch((error: unknown) => onNotice(error instanceof Error ? error.message : String(error)))
    return [issuer.issuer, outsideReader(issuer, { keys, accounts, now, elapsed })]
  })
  return {
    readers: new Map(readers),
    close: async () => void (await Promise.all(all.map((keys) => keys.close()))),
  }
}

interface ReaderParts extends TokenServiceOptions {
  readonly service: string
  /** Of tokens of this registry. */
  readonly verify: Verify
  readonly outside: Outside['readers']
}

/**
 * What tokens say, of this registry and of others that it is told to believe; undefined for all else. One of the others that has the
 * name of this registry gives its tokens in place of it: then those that were given here do not count.
 */
function tokenReader(parts: ReaderParts): (token: string) => Promise<TokenMeaning | undefined> {
  const { accounts, outside, service, verify, onNotice, onRefused } = parts
  return async (token) => {
    const issuer = issuerOf(token)
    try {
      const read = outside.get(issuer ?? '')
      if (read !== undefined) return await read(token)
      if (issuer === service) return ownMeaning(await verify(token), accounts)
      throw new TokenInvalid('its issuer is not known here')
    } catch (error) {
      if (error instanceof TokenInvalid) {
        onRefused(error.message)
        return undefined
      }
      if (!isIbuildError(error, 'TOKEN_ISSUER_FAILED')) throw error
      onNotice(error.message)
      throw new RegistryError('UNAVAILABLE', 'whoever gave this token cannot be asked for his keys: try again', {
        headers: { 'Retry-After': '30' },
      })
    }
  }
}

interface OwnParts {
  readonly keys: SigningKeys
  readonly service: string
  readonly clocks: TokenClocks
}

/** Keys change when another one is made. */
function ownTokens({ keys, service, clocks }: OwnParts): VerifiedTokens {
  const { now } = clocks
  const expected = { algorithms: [ownAlgorithm], issuer: service, audience: service, claims: ['exp', 'jti'], now }
  return rememberVerified((token) => verifierOf(keys.publicKeys, expected)(token), clocks)
}

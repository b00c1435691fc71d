import { type HttpAnswer, type HttpClient, headersOf } from '../http/types.ts'
import type { RetryRules } from '../retry.ts'
import type { ServerErrors } from '../server-errors.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { type CredentialSource, type Credentials, isHub } from './credentials.ts'
import { coversScopes, mergeScopes } from './scope.ts'
import { basicAuthorization, fetchToken, type Token, type TokenServer, tokenServer } from './token.ts'
import { TokenCache } from './token-cache.ts'

export interface AuthorizerOptions {
  readonly client: HttpClient
  /** For which credentials are looked for. */
  readonly domain: string
  readonly credentials: CredentialSource
  readonly retries: RetryRules
  readonly errors: ServerErrors
  readonly onNotice: (text: string) => void
  /** When given, what can be kept in place of a password is asked for, and told. */
  readonly onIdentity?: ((token: string) => void) | undefined
}

/** What a request is for. */
export interface Purpose {
  /** What a token must allow. */
  readonly scopes: readonly string[]
  /** The repository, for credentials that are for a part of a host. */
  readonly path?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** What was sent with a request, and whether it was made for it. */
export interface Authorization {
  readonly header: string
  readonly isFresh: boolean
}

type Way = { readonly kind: 'basic' } | { readonly kind: 'bearer'; readonly server: TokenServer }

/** Who we are for one server: remembers how it wants to be told, and the tokens. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #tokens = new TokenCache()
  readonly #told = new Set<string>()
  #way: Way | undefined

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /** What to send; undefined as long as nothing was asked for, or there is nothing. */
  async authorize(purpose: Purpose): Promise<Authorization | undefined> {
    if (this.#way === undefined) return undefined
    const credentials = await this.credentials(purpose)
    if (credentials?.kind === 'bearer') return { header: `Bearer ${credentials.token}`, isFresh: true }
    if (this.#way.kind === 'bearer') return this.#byToken(this.#way.server, credentials, purpose)
    return credentials === undefined ? undefined : { header: basicAuthorization(credentials), isFresh: true }
  }

  /**
   * After an answer with 401: what to send instead; undefined when there is nothing better than what was sent. `purpose`
   * is widened by what the answer asks for.
   */
  async answerTo(
    answer: HttpAnswer,
    {
      sent,
      purpose,
      registry,
    }: { readonly sent: Authorization | undefined; readonly purpose: Purpose; readonly registry: URL },
  ): Promise<Authorization | undefined> {
    const challenges = parseChallenges(headersOf(answer, 'www-authenticate'))
    const challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic')
    if (challenge === undefined) return undefined
    this.#way = this.#wayOf(challenge, registry)
    const asked = (challenge.parameters.get('scope') ?? '')
      .split(' ')
      .filter((scope) => /^[\w()]+:.+:[\w,*]*$/.test(scope))
    const isWider = !coversScopes(purpose.scopes, asked)
    if (sent?.isFresh === true && !isWider) return undefined
    this.#forget(sent)
    return this.authorize({ ...purpose, scopes: mergeScopes(purpose.scopes, asked) })
  }

  credentials({ path }: Pick<Purpose, 'path'>): Promise<Credentials | undefined> {
    return this.#options.credentials.find(this.#options.domain, path)
  }

  #wayOf({ scheme, parameters }: Challenge, registry: URL): Way {
    if (scheme === 'basic') return { kind: 'basic' }
    const { domain, errors } = this.#options
    return { kind: 'bearer', server: tokenServer(parameters, { registry, domain, errors }) }
  }

  async #byToken(
    server: TokenServer,
    credentials: Credentials | undefined,
    { scopes, signal }: Purpose,
  ): Promise<Authorization> {
    const known = await this.#tokens.find(scopes)
    if (known !== undefined) return { header: `Bearer ${known.value}`, isFresh: false }
    if (credentials !== undefined) this.#tellRealm(server)
    const token = await this.#tokens.fetch(scopes, async (wanted) =>
      this.#fetch(server, credentials, { scopes: wanted, signal }),
    )
    return { header: `Bearer ${token.value}`, isFresh: true }
  }

  async #fetch(server: TokenServer, credentials: Credentials | undefined, { scopes, signal }: Purpose): Promise<Token> {
    const { client, domain, retries, errors, onIdentity } = this.#options
    const isForLogin = onIdentity !== undefined
    const token = await fetchToken({ client, server, scopes, credentials, domain, retries, errors, isForLogin, signal })
    if (token.refresh !== undefined) onIdentity?.(token.refresh)
    return token
  }

  /** A token that was refused is not used again. */
  #forget(sent: Authorization | undefined): void {
    if (sent !== undefined) this.#tokens.clear()
  }

  /** Credentials go to whom the registry names: when that is someone else, it is said once. */
  #tellRealm({ realm }: TokenServer): void {
    const { domain, onNotice } = this.#options
    const host = domain.replace(/:\d+$/, '')
    const isOwn = realm.hostname === host || parentOf(realm.hostname) === parentOf(host)
    const isHubs = isHub(domain) && realm.host === 'auth.docker.io'
    if (isOwn || isHubs || this.#told.has(realm.host)) return
    this.#told.add(realm.host)
    onNotice(`${domain} has logins checked by ${realm.host}: the credentials go there`)
  }
}

/** The domain that a host is in; the host itself where that would be one label, or it is an address. */
function parentOf(host: string): string {
  const labels = host.split('.')
  return labels.length < 3 || /^[\d.]+$/.test(host) ? host : labels.slice(1).join('.')
}

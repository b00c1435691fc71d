import { IbuildError } from '../../shared/base/errors.ts'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import { nextPlace, sendFollowing } from '../../shared/net/http/redirect.ts'
import type { HttpAnswer, HttpClient, HttpMethod, HttpRequest } from '../../shared/net/http/types.ts'
import { type Authorization, Authorizer, type Purpose } from './auth/authorizer.ts'
import type { CredentialSource } from './credentials/types.ts'
import { answerError, connectionError, invalidAnswer } from './errors.ts'
import { findBase } from './find-base.ts'
import type { Place } from './hosts/places.ts'
import { type RetryRules, repeated } from './retry.ts'

/** One place that speaks the protocol: a registry, or a mirror of one. */
export interface Endpoint {
  /** As in names of images. */
  readonly domain: string
  /** Sends a request, with credentials as needed, and follows redirects. Errors: REGISTRY_*; the signal's reason. */
  send(request: RegistryRequest): Promise<HttpAnswer>
}

export interface RegistryRequest {
  readonly method: HttpMethod
  /** Path and query, such as `/v2/`, or all of an address that the endpoint gave. */
  readonly target: string | URL
  /** What is done, for messages: `cannot read the tags of host/name`. */
  readonly what: string
  /** What it needs to be allowed, as tokens have it: `repository:NAME:pull`. */
  readonly scopes: readonly string[]
  /** The repository that it is about. */
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Called once for each time that the body is sent. */
  readonly open?: (() => Uint8Array | AsyncIterable<Uint8Array>) | undefined
  /** False when `open` can be called only once. */
  readonly isRepeatable?: boolean | undefined
  /** `once` when whoever asks tries again by himself: a failure of the network then is an HttpFailure. */
  readonly tries?: 'once' | undefined
  /** Statuses that are no error. */
  readonly expect: readonly number[] | 'any'
  readonly signal?: AbortSignal | undefined
  /** Milliseconds; see {@link HttpRequest}. */
  readonly answerTimeout?: number | undefined
}

export interface EndpointOptions {
  readonly client: HttpClient
  readonly place: Promise<Place>
  readonly domain: string
  readonly credentials: CredentialSource
  readonly retries: RetryRules
  readonly onNotice: (text: string) => void
  /** See {@link Authorizer}. */
  readonly onIdentity?: ((token: string) => void) | undefined
}

/** The endpoint of a place; nothing is asked yet. */
export function createEndpoint({ place, domain, ...options }: EndpointOptions): Endpoint {
  const { client, retries } = options
  const known = rememberingContact(client)
  const authorizer = new Authorizer({ ...options, domain })
  let base: Promise<URL> | undefined
  const baseFor = async ({ what, signal }: RegistryRequest): Promise<URL> => {
    base ??= place.then((each) => findBase(client, each, { what, signal }))
    try {
      return await base
    } catch (error) {
      base = undefined
      throw error
    }
  }
  return {
    domain,
    send: async (request) => {
      const { what, signal, tries } = request
      const origin = await baseFor(request)
      const send = (): Promise<HttpAnswer> => sendAuthorized(known, { origin, authorizer, request })
      const answer =
        tries === 'once' || request.isRepeatable === false
          ? await sentOnce(send, request)
          : await repeated({ what, signal, retries }, send)
      if (request.expect === 'any' || request.expect.includes(answer.status)) return answer
      if (answer.status !== 401 && answer.status !== 403) throw await answerError(answer, what)
      throw await denied(answer, { domain, what, isKnown: (await authorizer.credentials(request)) !== undefined })
    },
  }
}

/** Who answered once and then refuses connections is being started again: that passes, as a broken connection does. */
function rememberingContact(client: HttpClient): HttpClient {
  const reached = new Set<string>()
  const send: HttpClient['send'] = async (request) => {
    try {
      const answer = await client.send(request)
      reached.add(request.url.origin)
      return answer
    } catch (error) {
      const isRestart = error instanceof HttpFailure && error.kind === 'refused' && reached.has(request.url.origin)
      throw isRestart ? new HttpFailure('broken', error.message, { cause: error }) : error
    }
  }
  return { send, close: () => client.close() }
}

async function sentOnce(send: () => Promise<HttpAnswer>, { tries, what }: RegistryRequest): Promise<HttpAnswer> {
  try {
    return await send()
  } catch (error) {
    throw tries === 'once' ? error : connectionError(error, what)
  }
}

interface Sending {
  readonly origin: URL
  readonly authorizer: Authorizer
  readonly request: RegistryRequest
}

/** With what the registry wants to know of us; anew when it wants to know more, or a token is over. */
async function sendAuthorized(client: HttpClient, { origin, authorizer, request }: Sending): Promise<HttpAnswer> {
  const { scopes, path, signal } = request
  const purpose: Purpose = { scopes, path, signal }
  const target = new URL(request.target, origin)
  if (target.origin !== origin.origin) return sendFollowing(client, target, requestFor(request, undefined))
  let sent = await authorizer.authorize(purpose)
  for (let tries = 0; ; tries++) {
    const answer = await sendFollowing(client, target, requestFor(request, sent))
    if (answer.status !== 401 || answer.url.origin !== origin.origin || tries === 2) return answer
    const better = await authorizer.answerTo(answer, { sent, purpose, registry: origin })
    if (better === undefined || (request.open !== undefined && request.isRepeatable === false)) return answer
    await answer.body.discard()
    sent = better
  }
}

/** Builds the request for each place that a redirect leads to; credentials go to the registry alone. */
function requestFor(
  { method, headers, open, isRepeatable, signal, answerTimeout }: RegistryRequest,
  sent: Authorization | undefined,
): (place: URL, hop: { readonly isTrusted: boolean }) => HttpRequest | undefined {
  let isSent = false
  return (place, { isTrusted }) => {
    if (isSent && open !== undefined && isRepeatable === false) return undefined
    isSent = true
    const authorization = isTrusted && sent !== undefined ? { authorization: sent.header } : {}
    return { method, url: place, headers: { ...headers, ...authorization }, body: open?.(), signal, answerTimeout }
  }
}

async function denied(
  answer: HttpAnswer,
  { domain, what, isKnown }: { readonly domain: string; readonly what: string; readonly isKnown: boolean },
): Promise<IbuildError> {
  const { message } = await answerError(answer, what)
  const hint = isKnown
    ? `Where the login has no right to this, ibuild login ${domain} logs in as someone else; look at the name, too.`
    : `Log in with ibuild login ${domain}, and check the name.`
  return new IbuildError('REGISTRY_DENIED', message, { hint })
}

/**
 * An address that an endpoint gave, such as a Location; relative to where the answer came from. A registry behind a proxy may
 * think that it speaks http: https is kept to. Errors: REGISTRY_ANSWER_INVALID.
 */
export function addressIn(text: string | undefined, { url }: HttpAnswer, what: string): URL {
  if (text === undefined) throw invalidAnswer(what, 'the registry does not say where to go on')
  try {
    const told = URL.parse(text, url.href)
    const isOwn = told?.hostname === url.hostname && told.protocol === 'http:' && url.protocol === 'https:'
    return nextPlace(isOwn ? url.origin + told.pathname + told.search : text, url)
  } catch (error) {
    if (error instanceof HttpFailure) throw invalidAnswer(what, error.message)
    throw error
  }
}

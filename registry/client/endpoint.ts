import { IbuildError } from '../../shared/base/errors.ts'
import { Authorizer } from '../../shared/net/auth/authorizer.ts'
import type { CredentialSource } from '../../shared/net/auth/credentials.ts'
import { type AuthorizedRequest, sendAuthorized } from '../../shared/net/auth/send-authorized.ts'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import { nextPlace } from '../../shared/net/http/redirect.ts'
import type { HttpAnswer, HttpClient } from '../../shared/net/http/types.ts'
import { type RetryRules, repeated } from '../../shared/net/retry.ts'
import { answerError, connectionError, invalidAnswer, registryErrors } from './errors.ts'
import { findBase } from './find-base.ts'
import type { Place } from './hosts/places.ts'

/** One place that speaks the protocol: a registry, or a mirror of one. */
export interface Endpoint {
  /** As in names of images. */
  readonly domain: string
  /** Sends a request, with credentials as needed, and follows redirects. Errors: REGISTRY_*; the signal's reason. */
  send(request: RegistryRequest): Promise<HttpAnswer>
}

export interface RegistryRequest extends AuthorizedRequest {
  /** What is done, for messages: `cannot read the tags of host/name`. */
  readonly what: string
  /** `once` when whoever asks tries again by himself: a failure of the network then is an HttpFailure. */
  readonly tries?: 'once' | undefined
  /** Statuses that are no error. */
  readonly expect: readonly number[] | 'any'
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
  const authorizer = new Authorizer({ ...options, domain, errors: registryErrors })
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
          : await repeated({ what, signal, retries, errors: registryErrors }, send)
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

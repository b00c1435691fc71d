import { isLoopback } from '../../shared/net/http/loopback.ts'
import { sendFollowing } from '../../shared/net/http/redirect.ts'
import type { HttpAnswer, HttpClient, HttpMethod, HttpRequest } from '../../shared/net/http/types.ts'
import { answerError, connectionError, invalidAnswer } from './errors.ts'
import { isPassing, isPassingFailure, type RetryRules, retryAfter, waitBefore } from './retry.ts'

/** One place that speaks the protocol: a registry, or a mirror of one. */
export interface Endpoint {
  /** For messages: host with port. */
  readonly host: string
  /** Sends a request, with credentials as needed, and follows redirects. Errors: REGISTRY_*; the signal's reason. */
  send(request: RegistryRequest): Promise<HttpAnswer>
}

export interface RegistryRequest {
  readonly method: HttpMethod
  /** Path and query, such as `/v2/`, or all of an address that the endpoint gave. */
  readonly target: string | URL
  /** What is done, for messages: `cannot read the tags of host/name`. */
  readonly what: string
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
  /** Host with optional port. */
  readonly host: string
  readonly retries: RetryRules
}

/** The endpoint of a host: https, or plain http on this machine. */
export function createEndpoint({ client, host, retries }: EndpointOptions): Endpoint {
  const base = new URL(`${isLoopback(hostNameOf(host)) ? 'http' : 'https'}://${host}`)
  return {
    host,
    send: async (request) => {
      const answer = await repeated(request, retries, () => sendOnce(client, new URL(request.target, base), request))
      if (request.expect === 'any' || request.expect.includes(answer.status)) return answer
      throw await answerError(answer, request.what)
    },
  }
}

function hostNameOf(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** Tries until there is an answer, or one that will not be another after a while. */
async function repeated(
  { signal, what, isRepeatable = true, tries }: RegistryRequest,
  retries: RetryRules,
  send: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (tries === 'once') return send()
  for (let failures = 0; ; ) {
    const mayAgain = (): boolean => isRepeatable && ++failures <= retries.most
    let asked: number | undefined
    try {
      const answer = await send()
      if (!isPassing(answer.status) || !mayAgain()) return answer
      asked = retryAfter(answer, Date.now())
      await answer.body.discard()
    } catch (error) {
      if (!isPassingFailure(error) || !mayAgain()) throw connectionError(error, what)
    }
    await waitBefore(retries, failures, { asked, signal })
  }
}

function sendOnce(client: HttpClient, url: URL, request: RegistryRequest): Promise<HttpAnswer> {
  const { method, headers, open, isRepeatable, signal, answerTimeout } = request
  let isSent = false
  const build = (place: URL): HttpRequest | undefined => {
    if (isSent && isRepeatable === false) return undefined
    isSent = true
    return { method, url: place, headers, body: open?.(), signal, answerTimeout }
  }
  return sendFollowing(client, url, build)
}

/** An address that an endpoint gave, such as a Location; relative to where the answer came from. Errors: REGISTRY_ANSWER_INVALID. */
export function addressIn(text: string | undefined, answer: HttpAnswer, what: string): URL {
  const url = text === undefined ? null : URL.parse(text, answer.url.href)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw invalidAnswer(what, 'the registry does not say where to go on')
  }
  return url
}

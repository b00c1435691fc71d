import { sendFollowing } from '../http/redirect.ts'
import type { HttpAnswer, HttpClient, HttpMethod, HttpRequest } from '../http/types.ts'
import type { Authorization, Authorizer, Purpose } from './authorizer.ts'

/** A request to a server that may want to know who asks. */
export interface AuthorizedRequest extends Purpose {
  readonly method: HttpMethod
  /** Path and query, such as `/v2/`, or all of an address that the server gave. */
  readonly target: string | URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Called once for each time that the body is sent. */
  readonly open?: (() => Uint8Array | AsyncIterable<Uint8Array>) | undefined
  /** False when `open` can be called only once. */
  readonly isRepeatable?: boolean | undefined
  /** Milliseconds; see {@link HttpRequest}. */
  readonly answerTimeout?: number | undefined
}

export interface Sending {
  readonly origin: URL
  readonly authorizer: Authorizer
  readonly request: AuthorizedRequest
}

/**
 * Sends a request with what the server wants to know of us; anew when it wants to know more, or a token is over. Follows redirects.
 * Errors: {@link HttpFailure}, those of tokens; the signal's reason.
 */
export async function sendAuthorized(
  client: HttpClient,
  { origin, authorizer, request }: Sending,
): Promise<HttpAnswer> {
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

/** Builds the request for each place that a redirect leads to; credentials go to the server alone. */
function requestFor(
  { method, headers, open, isRepeatable, signal, answerTimeout }: AuthorizedRequest,
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

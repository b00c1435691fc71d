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
 * Sends a request with what the server wants to know of us; anew when it wants to know more, refuses somebody who did not say who he
 * is, or a token is over. Follows redirects. Errors: {@link HttpFailure}, those of tokens; the signal's reason.
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
    if (![401, 403].includes(answer.status) || answer.url.origin !== origin.origin || tries === 2) return answer
    if (answer.status === 403 && sent !== undefined) return answer
    const better =
      answer.status === 401
        ? await authorizer.answerTo(answer, { sent, purpose, registry: origin })
        : await loginAt(client, { origin, authorizer }, purpose)
    if (better === undefined || (request.open !== undefined && request.isRepeatable === false)) return answer
    await answer.body.discard()
    sent = better
  }
}

/**
 * Where everybody may read, 403 may mean that this one thing is only for those who log in: `/v2/` tells how to. It is asked only where
 * there are credentials.
 */
async function loginAt(
  client: HttpClient,
  { origin, authorizer }: Omit<Sending, 'request'>,
  purpose: Purpose,
): Promise<Authorization | undefined> {
  if ((await authorizer.credentials(purpose)) === undefined) return undefined
  const ask: AuthorizedRequest = { ...purpose, method: 'GET', target: '/v2/' }
  const answer = await sendFollowing(client, new URL('/v2/', origin), requestFor(ask, undefined))
  await answer.body.discard()
  return answer.status === 401 && answer.url.origin === origin.origin
    ? authorizer.answerTo(answer, { sent: undefined, purpose, registry: origin })
    : undefined
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

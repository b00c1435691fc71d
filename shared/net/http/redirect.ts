import { HttpFailure } from './failure.ts'
import { isInside } from './loopback.ts'
import { hostOf } from './place.ts'
import { type HttpAnswer, type HttpClient, type HttpRequest, headerOf } from './types.ts'

const mostRedirects = 10
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Sends a request and follows where the answers lead. `build` gives the request for a place; `isTrusted` is false from the
 * first place with another origin on, to which no credentials may be told. It gives undefined when it cannot be sent
 * there; then the redirect is the answer.
 *
 * Errors: {@link HttpFailure} of kind `redirect` for more than 10, for a loop, from https to http, and from elsewhere to
 * an address of this machine.
 */
export async function sendFollowing(
  client: HttpClient,
  start: URL,
  build: (url: URL, hop: { readonly isTrusted: boolean }) => HttpRequest | undefined,
): Promise<HttpAnswer> {
  const seen = new Set<string>()
  let isTrusted = true
  let request = build(start, { isTrusted })
  for (;;) {
    if (request === undefined) throw new TypeError('the first request is always there')
    seen.add(request.url.href)
    const answer = await client.send(request)
    const next = redirects.has(answer.status) ? await placeIn(answer, request) : undefined
    if (next === undefined) return answer
    isTrusted &&= next.origin === start.origin
    request = build(next, { isTrusted })
    if (request === undefined) return answer
    await answer.body.discard()
    if (seen.has(next.href)) throw failed(start, `it redirects in a circle, by ${next.host}`)
    if (seen.size > mostRedirects) throw failed(start, `it redirects more than ${mostRedirects} times`)
  }
}

/** Undefined for an answer that leads nowhere, or tells to ask in another way (RFC 9110, 15.4). */
async function placeIn(answer: HttpAnswer, { method }: HttpRequest): Promise<URL | undefined> {
  const location = headerOf(answer, 'location')
  const keepsMethod = answer.status === 307 || answer.status === 308 || method === 'GET' || method === 'HEAD'
  if (location === undefined || !keepsMethod) return undefined
  try {
    return nextPlace(location, answer.url)
  } catch (error) {
    await answer.body.discard()
    throw error
  }
}

/**
 * Where a `Location` leads that came from `from`. Errors: {@link HttpFailure} of kind `redirect` for what is no address, from
 * https to http, and from elsewhere to an address of this machine.
 */
export function nextPlace(location: string, from: URL): URL {
  const next = URL.parse(location, from.href)
  if (next === null || !['http:', 'https:'].includes(next.protocol)) {
    throw failed(from, 'it redirects to something that is no address of the web')
  }
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw failed(from, `it redirects from https to plain http, to ${next.host}`)
  }
  if (!isInside(hostOf(from)) && isInside(hostOf(next)))
    throw failed(from, `it redirects to ${next.host}, an address of this machine`)
  return next
}

function failed({ host }: URL, problem: string): HttpFailure {
  return new HttpFailure('redirect', `${host}: ${problem}`)
}

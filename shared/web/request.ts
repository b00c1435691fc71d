import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type Client, clientOf, type IsProxy } from './client-of.ts'
import { requestIdOf } from './request-id.ts'

/** The head of a request, as it came; nothing in it is believed yet. */
export class WebRequest {
  readonly id: string
  readonly method: string
  /** Path of the request target, as written. */
  readonly path: string
  /** What follows the `?`, as written. */
  readonly search: string
  readonly headers: IncomingHttpHeaders
  readonly message: IncomingMessage
  /** Bytes of the body that were read so far; counted by `body.ts`. */
  receivedBytes = 0
  /** Name of the account that asks, or is said to; only one that there is. */
  account: string | undefined
  readonly #isProxy: IsProxy | undefined
  #query: URLSearchParams | undefined
  #client: Client | undefined

  /** What proxies tell of its client is believed of those that `isProxy` knows. */
  constructor(message: IncomingMessage, isProxy: IsProxy | undefined) {
    const target = pathOf(message.url ?? '')
    const mark = target.indexOf('?')
    this.message = message
    this.#isProxy = isProxy
    this.headers = message.headers
    this.id = requestIdOf(message.headers['x-request-id'])
    this.method = message.method ?? ''
    this.path = mark < 0 ? target : target.slice(0, mark)
    this.search = mark < 0 ? '' : target.slice(mark + 1)
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search)
    return this.#query
  }

  /** Who sent it; what is asked for first stays, also when the connection is gone. */
  get client(): Client {
    this.#client ??= clientOf(this.message, this.#isProxy)
    return this.#client
  }

  /** Bytes of the body, when announced. */
  get length(): number | undefined {
    const text = this.headers['content-length']
    return text === undefined ? undefined : Number(text)
  }

  /** True when a body is announced, also one of unknown length. */
  get hasBody(): boolean {
    return this.headers['transfer-encoding'] !== undefined || (this.length ?? 0) > 0
  }
}

/** The path and query of a request target, which may be a whole URL (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target
  const [, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? []
  return path ?? target
}

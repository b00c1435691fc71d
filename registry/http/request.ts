import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type Client, clientOf, type IsProxy } from '../../shared/web/client-of.ts'
import { requestIdOf } from '../../shared/web/request-id.ts'
import { parseRoute, type Route } from '../protocol/route.ts'

/** A request as it came; nothing in it is believed yet. */
export interface RegistryRequest {
  readonly id: string
  readonly method: string
  /** Path of the request target, as written. */
  readonly path: string
  /** What follows the `?`, as written. */
  readonly search: string
  readonly query: URLSearchParams
  readonly route: Route | undefined
  readonly headers: IncomingHttpHeaders
  /** Who sent it; what is asked for first stays, also when the connection is gone. */
  readonly client: Client
  /** True when a body is announced, also one of unknown length. */
  readonly hasBody: boolean
  /** Bytes of the body, when announced. */
  readonly length: number | undefined
  readonly message: IncomingMessage
  /** Bytes of the body that were read so far; counted by `body.ts`. */
  receivedBytes: number
  /** Name of the account that asks, or is said to; only one that there is. */
  account: string | undefined
}

/** Reads the head of a request; what proxies tell of its client is believed of those that `isProxy` knows. */
export function readRequest(message: IncomingMessage, isProxy?: IsProxy): RegistryRequest {
  return new IncomingRequest(message, isProxy)
}

class IncomingRequest implements RegistryRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly search: string
  readonly route: Route | undefined
  readonly headers: IncomingHttpHeaders
  readonly message: IncomingMessage
  receivedBytes = 0
  account: string | undefined
  readonly #isProxy: IsProxy | undefined
  #query: URLSearchParams | undefined
  #client: Client | undefined

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
    this.route = parseRoute(this.path)
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search)
    return this.#query
  }

  get client(): Client {
    this.#client ??= clientOf(this.message, this.#isProxy)
    return this.#client
  }

  get length(): number | undefined {
    const text = this.headers['content-length']
    return text === undefined ? undefined : Number(text)
  }

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

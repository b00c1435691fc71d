import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { parseRoute, type Route } from '../protocol/route.ts'
import { requestIdOf } from './request-id.ts'

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
  readonly remoteAddress: string | undefined
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

/** Reads the head of a request. */
export function readRequest(message: IncomingMessage): RegistryRequest {
  return new IncomingRequest(message)
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
  #query: URLSearchParams | undefined

  constructor(message: IncomingMessage) {
    const target = pathOf(message.url ?? '')
    const mark = target.indexOf('?')
    this.message = message
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

  get remoteAddress(): string | undefined {
    return this.message.socket.remoteAddress
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

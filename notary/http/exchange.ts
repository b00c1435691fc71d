import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IsProxy } from '../../shared/web/client-of.ts'
import { WebRequest } from '../../shared/web/request.ts'
import { isGun } from '../tuf/gun.ts'
import type { FinishedRequest, OnFinished } from './finished-request.ts'
import type { ReplyFailure } from './reply.ts'
import { parseRoute, type Route, routeName } from './route.ts'

export interface ExchangeOptions {
  readonly onFinished?: OnFinished | undefined
  /** Nobody is believed when he tells of others otherwise. */
  readonly isProxy?: IsProxy | undefined
}

/** One request and its answer, and what is told of both in the end. */
export class Exchange {
  readonly request: WebRequest
  readonly response: ServerResponse
  readonly #startedAt = performance.now()
  #route: Route | undefined | null = null
  /** Bytes of the answer's body that were sent. */
  sentBytes = 0
  failure: ReplyFailure | undefined

  constructor(message: IncomingMessage, response: ServerResponse, { onFinished, isProxy }: ExchangeOptions) {
    this.request = new WebRequest(message, isProxy)
    this.response = response
    if (onFinished === undefined) return
    const { address } = this.request.client // a closed connection no longer tells it
    response.once('close', () => onFinished(this.#finished(address)))
  }

  get route(): Route | undefined {
    if (this.#route === null) this.#route = parseRoute(this.request.path)
    return this.#route
  }

  #finished(remoteAddress: string | undefined): FinishedRequest {
    const { request, response, failure, route } = this
    const gun = route !== undefined && 'gun' in route ? route.gun : undefined
    return {
      id: request.id,
      method: request.method,
      route: routeName(route),
      gun: gun !== undefined && isGun(gun) ? gun : undefined,
      role: route?.kind === 'file' ? route.query.role : undefined,
      status: response.headersSent ? response.statusCode : undefined,
      isAborted: !response.writableFinished,
      code: failure?.code,
      cause: failure?.cause,
      receivedBytes: request.receivedBytes,
      sentBytes: this.sentBytes,
      milliseconds: performance.now() - this.#startedAt,
      remoteAddress,
      account: request.account,
      userAgent: request.headers['user-agent'],
    }
  }
}

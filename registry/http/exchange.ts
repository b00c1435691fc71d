import type { IncomingMessage, ServerResponse } from 'node:http'
import { isDigest } from '../../shared/base/digest.ts'
import type { IsProxy } from '../../shared/web/client-of.ts'
import { isName } from '../protocol/names.ts'
import type { Route } from '../protocol/route.ts'
import type { FinishedRequest, OnFinished } from './finished-request.ts'
import type { ReplyFailure } from './reply.ts'
import { type RegistryRequest, readRequest } from './request.ts'
import type { Pull } from './requested-by.ts'

export interface ExchangeOptions {
  readonly onFinished?: OnFinished | undefined
  readonly isProxy?: IsProxy | undefined
}

/** One request and its answer, and what is told of both in the end. */
export class Exchange {
  readonly request: RegistryRequest
  readonly response: ServerResponse
  readonly #startedAt = performance.now()
  /** Bytes of the answer's body that were sent. */
  sentBytes = 0
  failure: ReplyFailure | undefined
  pull: Pull | undefined

  constructor(message: IncomingMessage, response: ServerResponse, { onFinished, isProxy }: ExchangeOptions) {
    this.request = readRequest(message, isProxy)
    this.response = response
    if (onFinished === undefined) return
    const { address } = this.request.client // a closed connection no longer tells it
    response.once('close', () => onFinished(this.#finished(address)))
  }

  #finished(remoteAddress: string | undefined): FinishedRequest {
    const { request, response, failure } = this
    return {
      id: request.id,
      method: request.method,
      route: request.route?.kind,
      ...namesOf(request.route),
      status: response.headersSent ? response.statusCode : undefined,
      isAborted: !response.writableFinished,
      pull: response.writableFinished && failure === undefined ? this.pull : undefined,
      codes: failure?.codes ?? [],
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

/** Session IDs are left out: who has one can write to the upload. */
function namesOf(route: Route | undefined): Pick<FinishedRequest, 'repository' | 'reference'> {
  const name = route !== undefined && 'name' in route ? route.name : undefined
  return { repository: name !== undefined && isName(name) ? name : undefined, reference: referenceOf(route) }
}

function referenceOf(route: Route | undefined): string | undefined {
  if (route?.kind === 'manifest') return /^[\w.:-]{1,136}$/.test(route.reference) ? route.reference : undefined
  if (route?.kind !== 'blob' && route?.kind !== 'referrers') return undefined
  return isDigest(route.digest) ? route.digest : undefined
}

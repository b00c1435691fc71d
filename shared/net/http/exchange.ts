import { begin } from '../../base/under-way.ts'
import { notingErrors } from '../noting-errors.ts'
import { AnswerBody } from './answer-body.ts'
import { explainFailure } from './explain-failure.ts'
import type { HttpAnswer, HttpRequest } from './types.ts'
import type { ConnectionPool, PooledRequest } from './undici-pool.ts'

export interface ExchangePlace {
  readonly pool: ConnectionPool
  /** Before the path. */
  readonly prefix: string
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>
}

/** One request and its answer; see {@link HttpClient.send}. */
export function exchange(place: ExchangePlace, request: HttpRequest): Promise<HttpAnswer> {
  const { url, signal } = request
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  /** What made it fail, when that was none of the network. */
  const failures: unknown[] = []
  const explain = (error: unknown): unknown => (failures.length > 0 ? failures[0] : explainFailure(error, url.host))
  let body: AnswerBody | undefined
  let abort: (reason: Error) => void = () => undefined
  const onAbort = (): void => {
    failures.unshift(signal?.reason)
    abort(new Error('aborted'))
    reject(signal?.reason)
  }
  let state = 'waits for a connection'
  const end = begin(() => `${request.method} to ${url.host} ${state}`)
  const release = (): void => {
    end()
    signal?.removeEventListener('abort', onAbort)
  }
  signal?.addEventListener('abort', onAbort)
  place.pool.dispatch(optionsOf(place, request, failures), {
    onRequestStart: (controller) => {
      state = 'waits for an answer'
      abort = (reason) => controller.abort(reason)
      if (signal?.aborted === true) abort(new Error('aborted'))
    },
    onResponseStart: (controller, status, headers) => {
      if (status < 200) return
      state = 'is being answered'
      body = new AnswerBody(controller, explain)
      resolve({ status, headers, url, body })
    },
    onResponseData: (_, piece) => body?.push(piece),
    onResponseEnd: () => {
      release()
      body?.finish()
    },
    onResponseError: (_, error) => {
      release()
      if (body === undefined) reject(explain(error))
      else body.finish({ error })
    },
  })
  return promise
}

function optionsOf({ prefix, headers }: ExchangePlace, request: HttpRequest, failures: unknown[]): PooledRequest {
  const { method, url, body, answerTimeout } = request
  return {
    method,
    path: prefix + url.pathname + url.search,
    headers: { ...headers, ...request.headers },
    ...(answerTimeout !== undefined && { headersTimeout: answerTimeout }),
    body: body === undefined ? null : body instanceof Uint8Array ? body : notingErrors(body, failures),
    reset: false, // which undici does after a HEAD unless told
  }
}

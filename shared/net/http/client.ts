import { AnswerBody } from './answer-body.ts'
import { connectorTo } from './connect.ts'
import { explainFailure } from './explain-failure.ts'
import type { HttpAnswer, HttpClient, HttpRequest, HttpTimeouts, TlsSettings } from './types.ts'
import { type ConnectionPool, createPool, type PooledRequest } from './undici-pool.ts'

export interface HttpClientOptions {
  /** `NAME/VERSION`, told to every host. */
  readonly userAgent: string
  readonly timeouts?: Partial<HttpTimeouts> | undefined
}

const usualTimeouts: HttpTimeouts = { connect: 15_000, answer: 60_000, idle: 30_000 }

/** A client; nothing is opened before the first request. */
export function createHttpClient({ userAgent, timeouts }: HttpClientOptions): HttpClient {
  const settings = { ...usualTimeouts, ...timeouts }
  const pools = new Map<string, ConnectionPool>()
  const poolOf = (url: URL, tls: TlsSettings | undefined): ConnectionPool => {
    const key = JSON.stringify([url.origin, tls])
    const pool =
      pools.get(key) ??
      createPool({
        origin: url.origin,
        connect: connectorTo({ url, tls, timeout: settings.connect }),
        timeouts: settings,
      })
    pools.set(key, pool)
    return pool
  }
  return {
    send: (request) => exchange(poolOf(request.url, request.tls), { ...request, userAgent }),
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
      pools.clear()
    },
  }
}

function exchange(pool: ConnectionPool, request: HttpRequest & { readonly userAgent: string }): Promise<HttpAnswer> {
  const { url, signal } = request
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const failures: unknown[] = []
  const explain = (error: unknown): unknown => failures[0] ?? explainFailure(error, url.host)
  let body: AnswerBody | undefined
  let abort: (reason: Error) => void = () => undefined
  const onAbort = (): void => {
    failures.unshift(signal?.reason)
    abort(new Error('aborted'))
    reject(signal?.reason)
  }
  const release = (): void => signal?.removeEventListener('abort', onAbort)
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  signal?.addEventListener('abort', onAbort)
  pool.dispatch(optionsOf(request, failures), {
    onRequestStart: (controller) => {
      abort = (reason) => controller.abort(reason)
      if (signal?.aborted === true) onAbort()
    },
    onResponseStart: (controller, status, headers) => {
      if (status < 200) return
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

function optionsOf(request: HttpRequest & { readonly userAgent: string }, failures: unknown[]): PooledRequest {
  const { method, url, headers, body, userAgent, answerTimeout } = request
  return {
    method,
    path: url.pathname + url.search,
    headers: { 'user-agent': userAgent, ...headers },
    ...(answerTimeout !== undefined && { headersTimeout: answerTimeout }),
    body: body === undefined ? null : body instanceof Uint8Array ? body : noting(body, failures),
    reset: false, // which undici does after a HEAD unless told
  }
}

/** Keeps an error of what is sent, which otherwise looks like one of the connection. */
async function* noting(source: AsyncIterable<Uint8Array>, failures: unknown[]): AsyncGenerator<Uint8Array> {
  try {
    yield* source
  } catch (error) {
    failures.push(error)
    throw error
  }
}

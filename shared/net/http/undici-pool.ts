import type { Socket } from 'node:net'
import type { Dispatcher, Pool as UndiciPool } from 'undici'
// @ts-expect-error: this one file of undici has no types of its own, and takes a quarter of the time that all of it takes to load
import untypedPool from 'undici/lib/dispatcher/pool.js'
import type { HttpTimeouts } from './types.ts'

/** Makes a connection. */
export type Connect = () => Promise<Socket>

export interface PoolOptions {
  readonly origin: string
  readonly connect: Connect
  readonly timeouts: HttpTimeouts
}

/** Bodies are any source of bytes, which undici's own types do not say. */
export interface PooledRequest extends Omit<Dispatcher.DispatchOptions, 'body'> {
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null
}
export type PooledHandler = Dispatcher.DispatchHandler

/** Connections to one origin. */
export interface ConnectionPool {
  dispatch(request: PooledRequest, handler: PooledHandler): unknown
  destroy(): Promise<void>
}

const Pool: new (origin: string, options: UndiciPool.Options) => ConnectionPool = untypedPool

/** HTTP/1.1 alone: over one connection for all, large blobs are no faster and one that stalls holds up the others. */
export function createPool({ origin, connect, timeouts }: PoolOptions): ConnectionPool {
  return new Pool(origin, {
    allowH2: false,
    connect: (_, give) => {
      connect().then(
        (socket) => give(null, socket),
        (error: unknown) => give(error instanceof Error ? error : new Error('no connection', { cause: error }), null),
      )
    },
    connections: null,
    headersTimeout: timeouts.answer,
    bodyTimeout: timeouts.idle,
    keepAliveTimeout: 4000,
    maxHeaderSize: 64 * 1024,
    pipelining: 1,
  })
}

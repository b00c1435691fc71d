import type { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
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
  /** How many GETs are sent one behind the other over one connection; a connection for each request unless told. */
  readonly inLine?: number | undefined
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
export function createPool({ origin, connect, timeouts, inLine }: PoolOptions): ConnectionPool {
  return new Pool(origin, {
    allowH2: false,
    connect: (_, give) => {
      connect().then(
        (socket) => givenLightly(() => give(null, socket)),
        (error: unknown) => give(error instanceof Error ? error : new Error('no connection', { cause: error }), null),
      )
    },
    connections: inLine === undefined ? null : 1,
    headersTimeout: timeouts.answer,
    bodyTimeout: timeouts.idle,
    keepAliveTimeout: 4000,
    maxHeaderSize: 64 * 1024,
    pipelining: inLine ?? 1,
  })
}

let isParserThere = false

/**
 * With its first connection undici makes its parser of WebAssembly, which V8 would soon compile anew, optimized, in the
 * background: that takes 50 ms of a processor, a sixth of what a short command needs, and saves nothing that could be
 * measured, since the bytes of bodies are not looked at. Code that is made with a larger budget never gets there. The flag
 * goes back, because compiled code is kept for the flags of its time; so only where its usual value is known.
 */
function givenLightly(give: () => void): void {
  if (isParserThere || !process.versions.v8.startsWith(knownV8)) return give()
  isParserThere = true
  setFlagsFromString(`--wasm-tiering-budget=${2 ** 30}`)
  try {
    give()
  } finally {
    setFlagsFromString('--wasm-tiering-budget=13000000')
  }
}

const knownV8 = '13.6.'

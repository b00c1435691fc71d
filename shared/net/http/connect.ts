import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import { explainFailure } from './explain-failure.ts'
import { HttpFailure } from './failure.ts'
import { checkAddress, guardedLookup, type Refuses } from './guarded-lookup.ts'
import { hostOf, portOf } from './place.ts'
import { openTunnel } from './tunnel.ts'
import type { Connect } from './undici-pool.ts'

export interface ConnectorOptions {
  readonly url: URL
  /** Through which to go. */
  readonly proxy: URL | undefined
  /** Milliseconds until the connection, TLS and proxy included, must be there; zero is never. */
  readonly timeout: number
  /** For https, asked for once. */
  readonly security: (url: URL) => Promise<Security>
  /** Gives up connections that are not there yet. */
  readonly signal: AbortSignal
  /** Addresses to which no connection is made but by a proxy. */
  readonly refuses: Refuses | undefined
}

/** How TLS is done with a host. */
export interface Security {
  readonly context: SecureContext
  readonly isVerified: boolean
}

/**
 * Makes connections to the host of an URL. With a proxy, what is for http is left to the proxy to send on, and what is
 * for https goes through a tunnel.
 */
export function connectorTo({ url, proxy, timeout, security, signal: closed, refuses }: ConnectorOptions): Connect {
  const guarded = proxy === undefined && refuses !== undefined ? { lookup: guardedLookup(refuses) } : {}
  let session: Buffer | undefined
  const open = async (signal: AbortSignal): Promise<Socket> => {
    const first = proxy === undefined ? undefined : await reachProxy(proxy, { security, signal })
    if (proxy === undefined) checkAddress(url, refuses)
    if (url.protocol === 'http:') return first ?? (await reach(url, { security, signal, ...guarded }))
    const { context, isVerified } = await security(url)
    const tunnel = first && proxy && (await openTunnel(first, { proxy, url, signal }))
    const host = hostOf(url)
    const socket = connectTls({
      ...(tunnel === undefined ? { host, port: portOf(url), ...guarded } : { socket: tunnel }),
      secureContext: context,
      rejectUnauthorized: isVerified,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 && { servername: host }),
      ...(session !== undefined && { session }),
    })
    socket.on('session', (fresh) => {
      session = fresh
    })
    return settled(socket, 'secureConnect', signal)
  }
  return async () => {
    const controller = new AbortController()
    const timer = timeout === 0 ? undefined : setTimeout(() => controller.abort(late(url)), timeout)
    try {
      return await open(AbortSignal.any([closed, controller.signal]))
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Errors are told as those of the proxy. */
async function reachProxy(proxy: URL, options: Parameters<typeof reach>[1]): Promise<Socket> {
  try {
    return await reach(proxy, options)
  } catch (cause) {
    const told = explainFailure(cause, proxy.host)
    if (!(told instanceof HttpFailure)) throw cause
    throw new HttpFailure('proxy', `the proxy ${told.message}`, {
      cause,
      hint: 'See HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment.',
    })
  }
}

interface Reach extends Pick<ConnectorOptions, 'security' | 'signal'> {
  readonly lookup?: LookupFunction
}

/** A connection to a host itself; to a proxy for which TLS is said, over TLS. */
function reach(url: URL, { security, signal, lookup }: Reach): Promise<Socket> {
  const at = { host: hostOf(url), port: portOf(url), noDelay: true, keepAlive: true, ...(lookup && { lookup }) }
  if (url.protocol === 'http:') return settled(connectTcp(at), 'connect', signal)
  return security(url).then(({ context, isVerified }) => {
    const name = isIP(at.host) === 0 ? { servername: at.host } : {}
    return settled(
      connectTls({ ...at, ...name, secureContext: context, rejectUnauthorized: isVerified }),
      'secureConnect',
      signal,
    )
  })
}

/** The socket once it is connected; destroyed when `signal` aborts before that. */
function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const onAbort = (): void => void socket.destroy(signal.reason)
  const done = (error?: Error): void => {
    signal.removeEventListener('abort', onAbort)
    socket.off(event, onReady).off('error', done).off('close', onClose)
    if (error === undefined) resolve(socket)
    else reject(error)
  }
  const onReady = (): void => done()
  const onClose = (): void => done(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
  socket.once(event, onReady).once('error', done).once('close', onClose)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  return promise
}

function late(url: URL): HttpFailure {
  return new HttpFailure('unreachable', `${url.host}: it takes no connection in time`)
}

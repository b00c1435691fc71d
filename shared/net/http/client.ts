import { underWay } from '../../base/under-way.ts'
import type { AuthoritySources } from './authorities.ts'
import { connectorTo } from './connect.ts'
import { exchange } from './exchange.ts'
import { HttpFailure } from './failure.ts'
import type { Refuses } from './guarded-lookup.ts'
import { type ProxySettings, proxyAuthorization, proxyFor } from './proxy.ts'
import { securityOf } from './security.ts'
import type { HttpClient, HttpTimeouts, TlsSettings } from './types.ts'
import { type ConnectionPool, createPool } from './undici-pool.ts'

export interface HttpClientOptions {
  /** `NAME/VERSION`, told to every host. */
  readonly userAgent: string
  readonly timeouts?: Partial<HttpTimeouts> | undefined
  readonly proxies?: ProxySettings | undefined
  readonly authorities?: AuthoritySources | undefined
  /** How TLS is done with a host, `HOST` or `HOST:PORT` as in an URL; asked once for each. Verified by the usual authorities unless told. */
  readonly tls?: ((host: string) => Promise<TlsSettings>) | undefined
  /**
   * For a host of which only few small files are wanted: all requests go over one connection, up to so many GETs without waiting
   * for the answers before. To make a connection takes longer than to wait for such a file.
   */
  readonly inLine?: number | undefined
  /** IP addresses to which no connection is made; where a proxy makes it, the proxy decides. */
  readonly refuses?: Refuses | undefined
}

const usualTimeouts: HttpTimeouts = { connect: 15_000, answer: 60_000, idle: 30_000 }

/** One origin: its connections, and how requests to it are written. */
interface Route {
  readonly pool: ConnectionPool
  /** Before the path. */
  readonly prefix: string
  readonly headers: Readonly<Record<string, string>>
}

/** A client; nothing is opened or read before the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const timeouts = { ...usualTimeouts, ...options.timeouts }
  const security = securityOf(options)
  const routes = new Map<string, Route>()
  let connecting = new AbortController()
  const routeTo = (url: URL): Route => {
    const known = routes.get(url.origin)
    if (known !== undefined) return known
    const proxy = findProxy(url, options.proxies ?? {})
    const connect = connectorTo({
      url,
      proxy,
      timeout: timeouts.connect,
      security,
      signal: connecting.signal,
      refuses: options.refuses,
    })
    const pool = createPool({ origin: url.origin, connect, timeouts, inLine: options.inLine })
    const authorization = proxy && url.protocol === 'http:' ? proxyAuthorization(proxy) : undefined
    const route = {
      pool,
      prefix: proxy !== undefined && url.protocol === 'http:' ? url.origin : '',
      headers: {
        'user-agent': options.userAgent,
        ...(authorization !== undefined && { 'proxy-authorization': authorization }),
      },
    }
    routes.set(url.origin, route)
    return route
  }
  return {
    send: async (request) => exchange(routeTo(request.url), request),
    close: async () => {
      // A connection that is still being made would keep the process until its time is over.
      connecting.abort(new Error('the client is closed'))
      connecting = new AbortController()
      await underWay('connections end', async () =>
        Promise.all(Array.from(routes.values(), ({ pool }) => pool.destroy())),
      )
      routes.clear()
    },
  }
}

function findProxy(url: URL, settings: ProxySettings): URL | undefined {
  try {
    return proxyFor(url, settings)
  } catch (cause) {
    throw new HttpFailure('proxy', cause instanceof Error ? cause.message : 'no usable proxy', {
      cause,
      hint: 'Write it as http://HOST:PORT.',
    })
  }
}

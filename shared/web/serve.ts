import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import type { Log } from '../log/log.ts'
import type { ActiveRequests } from './active.ts'
import { listen, makeWebServer, urlOf, type WebServer, type WebServerOptions } from './listen.ts'
import { closeServer, useMaterial } from './running.ts'
import { openTlsSource, type TlsConfig, type TlsSource, type TlsSourceOptions } from './tls/source.ts'

export interface ServeOptions extends Pick<TlsSourceOptions, 'folder' | 'what'> {
  readonly config: TlsConfig
  readonly web: Pick<WebServerOptions, 'limits' | 'errorMessage'>
  /** Port of an address that names none. */
  readonly port?: number | undefined
  readonly log: Log
}

/** What listens for clients. */
export interface ClientServer {
  readonly server: WebServer
  readonly url: string
  /** Undefined for plain HTTP. */
  readonly tls: TlsSource | undefined
}

/**
 * Listens for clients as the configuration says, over TLS unless that is off, until `started` is disposed of. Errors: LISTEN_FAILED,
 * TLS_INVALID.
 */
export async function serveClients(
  listener: RequestListener,
  { config, folder, what, web, port, log }: ServeOptions,
  started: AsyncDisposableStack,
): Promise<ClientServer> {
  const tls = await openTlsSource({ config, folder, what, log, onChange: (material) => useMaterial(server, material) })
  if (tls !== undefined) started.defer(() => tls.close())
  const server = makeWebServer(listener, { ...web, tls: tls?.material })
  started.defer(() => closeServer(server))
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    log.debug('a client and the server did not agree on TLS', { client: socket.remoteAddress, error })
  })
  const place = await listen(server, config.listen, { key: 'listen', ...(port !== undefined && { port }) })
  return { server, url: urlOf(place, tls !== undefined), tls }
}

/** Listens for operators at `metrics.listen`, when there is one, by plain HTTP; until `started` is disposed of. Errors: LISTEN_FAILED. */
export async function serveOperators(
  { metrics }: { readonly metrics: { readonly listen: string } },
  makeListener: () => RequestListener,
  { web, started }: { readonly web: ServeOptions['web']; readonly started: AsyncDisposableStack },
): Promise<Omit<ClientServer, 'tls'> | undefined> {
  if (metrics.listen === '') return undefined
  const server = makeWebServer(makeListener(), web)
  const url = urlOf(await listen(server, metrics.listen, { key: 'metrics.listen' }), false)
  started.defer(() => closeServer(server))
  return { server, url }
}

/**
 * Ends a server that takes no new work: no more connections, and those that there are end with their answers. False when not all came
 * to their end within `time` milliseconds: these are cut off.
 */
export async function endRequests(server: WebServer, active: ActiveRequests, time: number): Promise<boolean> {
  const closed = closeServer(server, false)
  active.closeAfterwards()
  const isEmpty = await active.ended(time)
  server.closeAllConnections()
  await closed
  return isEmpty
}

import type { RequestListener } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { ActiveRequests } from './active.ts'
import type { WebServer } from './listen.ts'
import type { TlsMaterial } from './tls/material.ts'

/** What changes while a server runs. */
export interface ServerState<Config> {
  readonly inForce: { config: Config }
  /** True while the server ends: then connections end with the answers on them. */
  isDraining: boolean
  /** What answers, with the limits of the configuration. */
  handle: RequestListener
}

/** A server that answers nothing yet. */
export function newState<Config>(inForce: ServerState<Config>['inForce']): ServerState<Config> {
  return { inForce, isDraining: false, handle: () => undefined }
}

/** Hands requests on, counted, with the headers of the configuration on their answers. */
export function clientListener(
  state: ServerState<{ readonly headers: Readonly<Record<string, readonly string[]>> }>,
  active: ActiveRequests,
): RequestListener {
  return (request, response) => {
    active.add(response)
    const all = state.inForce.config.headers
    for (const name in all) response.setHeader(name, all[name] ?? [])
    if (state.isDraining) response.shouldKeepAlive = false
    state.handle(request, response)
  }
}

/** The IP address that a server listens on; empty for one that does not. */
export function addressOf(server: WebServer): string {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.address : ''
}

/** New connections of a TLS server get this. */
export function useMaterial(server: WebServer, { options }: TlsMaterial): void {
  if (server instanceof TlsServer) server.setSecureContext(options)
}

/** Takes no more connections; resolves when there is none. At once cuts off those that there are. */
export function closeServer(server: WebServer, atOnce = true): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  if (atOnce) server.closeAllConnections()
  return promise
}

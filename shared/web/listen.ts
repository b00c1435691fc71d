import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { isIP } from 'node:net'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { type ListenAddress, parseAddress } from './address.ts'
import type { ErrorMessage } from './client-error.ts'
import { configureServer, serverOptions } from './configure-server.ts'
import type { WebLimits } from './limits.ts'
import type { TlsMaterial } from './tls/material.ts'

export type WebServer = Server | TlsServer

/** The IP address that an address of the configuration stands for; `::` for all. Errors: LISTEN_FAILED. */
export async function resolveAddress({
  host,
  port,
}: ListenAddress): Promise<{ readonly ip: string; readonly port: number }> {
  if (host === undefined) return { ip: '::', port }
  if (isIP(host) !== 0) return { ip: host, port }
  try {
    const { address } = await lookup(host)
    return { ip: address, port }
  } catch (cause) {
    throw new IbuildError('LISTEN_FAILED', `no address is known for ${host} (${errnoOf(cause) ?? 'unknown reason'})`, {
      cause,
    })
  }
}

export interface WebServerOptions {
  readonly limits: Partial<WebLimits>
  /** With it the server speaks HTTPS. */
  readonly tls?: TlsMaterial | undefined
  /** What is said where no request could be read. */
  readonly errorMessage: ErrorMessage
}

/** A server that does not listen yet. */
export function makeWebServer(listener: RequestListener, { limits, tls, errorMessage }: WebServerOptions): WebServer {
  const options = serverOptions(limits)
  const { headersTimeout: handshakeTimeout } = options
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...tlsOptions(tls), handshakeTimeout }, listener)
  configureServer(server, limits, errorMessage)
  return server
}

/** Clients that show a certificate are asked for it on every connection, so this cannot change while a server runs. */
function tlsOptions({ options, asksClients }: TlsMaterial): object {
  return { ...options, requestCert: asksClients, rejectUnauthorized: asksClients, ALPNProtocols: ['http/1.1'] }
}

/** Resolves with the address listened on; `key` names it in errors, `port` is for an address without one. Errors: LISTEN_FAILED. */
export async function listen(
  server: WebServer,
  text: string,
  { key, port: usual }: { readonly key: string; readonly port?: number },
): Promise<ListenAddress & { readonly host: string }> {
  const { ip, port } = await resolveAddress(parseAddress(text, key, usual))
  try {
    await listenOn(server, ip, port)
  } catch (cause) {
    throw listenFailure(cause, text)
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens nowhere')
  return { host: address.address, port: address.port }
}

/** All addresses means those of IPv4 where the machine has no IPv6. */
async function listenOn(server: WebServer, ip: string, port: number): Promise<void> {
  try {
    server.listen(port, ip)
    await once(server, 'listening')
  } catch (error) {
    if (ip !== '::' || errnoOf(error) !== 'EAFNOSUPPORT') throw error
    await listenOn(server, '0.0.0.0', port)
  }
}

function listenFailure(cause: unknown, text: string): IbuildError {
  const errno = errnoOf(cause) ?? 'unknown reason'
  const known = listenProblems[errno]
  return new IbuildError('LISTEN_FAILED', `cannot listen on ${text}: ${known?.problem ?? errno}`, {
    ...(known !== undefined && { hint: known.hint }),
    cause,
  })
}

const listenProblems: Readonly<Record<string, { readonly problem: string; readonly hint: string }>> = {
  EADDRINUSE: {
    problem: 'another program listens there',
    hint: 'Stop it, or take another port with --listen; port 0 is a free one.',
  },
  EADDRNOTAVAIL: { problem: 'this machine does not have that address', hint: 'ip address lists those that it has.' },
  EACCES: { problem: 'this user may not', hint: 'Ports below 1024 are for root: take a higher one.' },
}

/** The URL of what listens at an address. */
export function urlOf({ host, port }: { readonly host: string; readonly port: number }, isTls: boolean): string {
  return `${isTls ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

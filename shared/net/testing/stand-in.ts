import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type Credential, createAuthority, createServerCertificate } from '../certificates.ts'

interface Teardown {
  teardown(fn: () => void): void
}

/** What was asked of a stand-in. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
}

export interface StandIn {
  /** `127.0.0.1:PORT` unless told. */
  readonly host: string
  readonly port: number
  /** All requests, in order. */
  readonly asked: Asked[]
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

export interface StandInOptions {
  /** Speaks TLS with it. */
  readonly tls?: Credential & { readonly ca?: string; readonly requestCert?: boolean }
}

/** A server for one test that answers as told; it ends with the test, and its connections with it. */
export async function standIn(t: Teardown, answer: Answer, { tls }: StandInOptions = {}): Promise<StandIn> {
  const asked: Asked[] = []
  const listener: RequestListener = (request, response) => {
    asked.push({ method: request.method ?? '', target: request.url ?? '', headers: request.headers })
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    void Promise.resolve(answer(request, response)).catch(() => response.destroy())
  }
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          {
            cert: tls.certificate,
            key: tls.key,
            ca: tls.ca,
            requestCert: tls.requestCert ?? false,
            rejectUnauthorized: false,
          },
          listener,
        )
  server.requestTimeout = 0
  server.on('tlsClientError', () => undefined)
  const port = await listening(server)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { host: `127.0.0.1:${port}`, port, asked }
}

/** Waits until a server listens on a port of loopback that was free. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it does not listen')
  return address.port
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** The body of a request. */
export function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return buffer(request)
}

const day = 86_400_000

/** A CA of a test, and what it made for names. */
export function testAuthority(): {
  readonly ca: string
  issue(...names: readonly string[]): Credential
  expired(...names: readonly string[]): Credential
} {
  const from = new Date(Date.now() - 2 * day)
  const authority = createAuthority({ commonName: 'test CA', from, until: new Date(Date.now() + day) })
  const made = (names: readonly string[], until: Date): Credential =>
    createServerCertificate(authority, { commonName: names[0] ?? 'x', from, until, names })
  return {
    ca: authority.certificate,
    issue: (...names) => made(names, new Date(Date.now() + day)),
    expired: (...names) => made(names, new Date(Date.now() - day)),
  }
}

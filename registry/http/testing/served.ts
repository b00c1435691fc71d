import { once } from 'node:events'
import { Agent, createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { type AppOptions, createApp } from '../app.ts'
import { configureServer, serverOptions } from '../configure-server.ts'
import type { FinishedRequest } from '../finished-request.ts'

export interface Served {
  readonly port: number
  readonly server: Server
  /** What was told of requests that are over, in that order. */
  readonly finished: readonly FinishedRequest[]
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answered>
  /** A connection, for what no client sends. */
  readonly dial: () => Promise<Socket>
}

export interface AskOptions {
  readonly headers?: Record<string, string | string[]>
  /** Several pieces are sent without a length. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Codes of the errors. */
  readonly codes: readonly string[]
}

/** The app on a port of its own, until the test is over. */
export async function serve(t: ExecutionContext, options: AppOptions): Promise<Served> {
  const finished: FinishedRequest[] = []
  const app = createApp({
    ...options,
    onFinished: (request) => {
      finished.push(request)
      options.onFinished?.(request)
    },
  })
  const server = createServer(serverOptions(options.limits), app)
  configureServer(server, options.limits)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  const port = portOf(server)
  return {
    port,
    server,
    finished,
    ask: (method, path, asked = {}) => ask({ method, path, port, agent, ...asked }),
    dial: async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      await once(socket, 'connect')
      t.teardown(() => socket.destroy())
      return socket
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return address.port
}

interface Ask extends AskOptions {
  readonly method: string
  readonly path: string
  readonly port: number
  readonly agent: Agent
}

async function ask({ body, headers, ...target }: Ask): Promise<Answered> {
  const request = httpRequest({ host: '127.0.0.1', ...target, ...(headers && { headers }) })
  const answered = once(request, 'response')
  if (body instanceof Uint8Array || typeof body === 'string') {
    request.setHeader('Content-Length', Buffer.byteLength(body)).end(body)
  } else if (body === undefined) {
    if (target.method !== 'GET' && target.method !== 'HEAD') request.setHeader('Content-Length', 0)
    request.end()
  } else {
    for (const piece of body) request.write(piece)
    request.end()
  }
  const [response] = await answered
  const content = Buffer.concat(await response.toArray())
  return { status: response.statusCode, headers: response.headers, body: content, codes: codesIn(content) }
}

function codesIn(body: Buffer): readonly string[] {
  if (!body.subarray(0, 12).toString().startsWith('{"errors"')) return []
  const document: { readonly errors: readonly { readonly code: string }[] } = JSON.parse(body.toString())
  return document.errors.map(({ code }) => code)
}

/** All that comes on a connection until its end. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = await socket.toArray().catch((error: Error) => [Buffer.from(`[${error.message}]`)])
  return Buffer.concat(chunks).toString('latin1')
}

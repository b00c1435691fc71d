import { once } from 'node:events'
import { Agent, createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { serverOptions } from '../../../shared/web/configure-server.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import type { RegistryService } from '../../service/types.ts'
import { type AppOptions, createApp } from '../app.ts'
import { configureServer } from '../configure-server.ts'
import type { FinishedRequest } from '../finished-request.ts'

export interface Served {
  readonly port: number
  readonly server: Server
  readonly service: RegistryService
  /** What was told of requests that are over, in that order. */
  readonly finished: readonly FinishedRequest[]
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answered>
  /** A connection, for what no client sends. */
  readonly dial: () => Promise<Socket>
  /** Sends text and resolves with all that comes until the connection ends. */
  readonly say: (text: string) => Promise<string>
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
  /** Message of the first. */
  readonly message: string
}

/** The app over a registry in memory, on a port of its own, until the test is over. */
export async function serve(t: ExecutionContext, options: Partial<AppOptions> = {}): Promise<Served> {
  const finished: FinishedRequest[] = []
  const service = options.service ?? (await memoryRegistry()).service
  const app = createApp({ ...options, service, onFinished: (request) => finished.push(request) })
  const server = createServer(serverOptions(options.limits), app)
  configureServer(server, options.limits)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })
  t.teardown(async () => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
    await service.close()
  })
  const port = portOf(server)
  const dial = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    t.teardown(() => socket.destroy())
    return socket
  }
  const say = async (text: string): Promise<string> => {
    const socket = await dial()
    socket.write(text, 'latin1')
    return readAll(socket)
  }
  return {
    port,
    server,
    service,
    finished,
    dial,
    say,
    ask: (method, path, asked = {}) => ask({ method, path, port, agent, ...asked }),
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
  return { status: response.statusCode, headers: response.headers, body: content, ...errorsIn(content) }
}

function errorsIn(body: Buffer): Pick<Answered, 'codes' | 'message'> {
  if (!body.subarray(0, 12).toString().startsWith('{"errors"')) return { codes: [], message: '' }
  const document: { readonly errors: readonly { readonly code: string; readonly message: string }[] } = JSON.parse(
    body.toString(),
  )
  return { codes: document.errors.map(({ code }) => code), message: document.errors[0]?.message ?? '' }
}

/** All that comes on a connection until its end; an error of it is put behind, in brackets. */
export async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk)
  } catch (error) {
    chunks.push(Buffer.from(`[${error instanceof Error ? error.message : String(error)}]`))
  }
  return Buffer.concat(chunks).toString('latin1')
}

import { once } from 'node:events'
import { type Agent, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http'
import type { Socket } from 'node:net'

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

/** The port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return address.port
}

export interface Ask extends AskOptions {
  readonly method: string
  readonly path: string
  readonly port: number
  readonly agent: Agent
}

/** Sends a request, and gives all of the answer. */
export async function ask({ body, headers, ...target }: Ask): Promise<Answered> {
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

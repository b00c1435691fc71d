import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Digest, digestOf } from '../../../shared/base/digest.ts'

/** Where a fault happens: a kind of request, and which one of it, from 1 on. */
export type Fault = (request: IncomingMessage, response: ServerResponse, server: UploadServer) => unknown

export interface UploadServerOptions {
  /** Called in place of the answer to the nth request of a kind: `PUT 1`, `PATCH 2`, `POST 1`, `GET 1`, `HEAD 1`, `DELETE 1`. */
  readonly faults?: Readonly<Record<string, Fault>>
  /** The Location of a session; its path unless told. */
  readonly location?: (path: string) => string
  /** Repositories from which blobs may be mounted, with what they have. */
  readonly others?: Readonly<Record<string, readonly Digest[]>>
}

/** Uploads as a registry takes them, in memory, with faults where a test wants them. */
export class UploadServer {
  readonly blobs = new Map<string, Buffer>()
  readonly sessions = new Map<string, Buffer>()
  /** `METHOD path`, each. */
  readonly log: string[] = []
  /** Bytes of bodies that came, all together. */
  received = 0
  readonly #options: UploadServerOptions
  readonly #counts = new Map<string, number>()

  constructor(options: UploadServerOptions = {}) {
    this.#options = options
  }

  readonly answer = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    const { method = '', url = '' } = request
    if (url === '/v2/') return response.end()
    this.log.push(`${method} ${url.replace(/\?.*/, '').replace(/^\/v2\//, '')}`)
    const count = (this.#counts.get(method) ?? 0) + 1
    this.#counts.set(method, count)
    const fault = this.#options.faults?.[`${method} ${count}`]
    return fault === undefined ? this.serve(request, response) : fault(request, response, this)
  }

  /** The answer without a fault. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url ?? '', 'http://x')
    const [, digest] = /\/blobs\/(sha\d+:[0-9a-f]+)$/.exec(url.pathname) ?? []
    if (digest !== undefined) return response.writeHead(this.blobs.has(digest) ? 200 : 404).end()
    if (url.pathname.endsWith('/uploads/')) return this.#begin(url, response)
    const id = url.pathname.split('/').at(-1) ?? ''
    const session = this.sessions.get(id)
    if (session === undefined) return response.writeHead(404).end()
    if (request.method === 'DELETE') {
      this.sessions.delete(id)
      return response.writeHead(204).end()
    }
    if (request.method === 'GET') return this.#state(id, response, 204)
    if (!(await this.#append(id, request))) return this.#state(id, response, 416)
    return request.method === 'PATCH' ? this.#state(id, response, 202) : this.#finish(id, url, response)
  }

  /** Takes so many bytes of a body into the session, and cuts the connection. */
  async takeAndCut(request: IncomingMessage, most: number): Promise<void> {
    const id = new URL(request.url ?? '', 'http://x').pathname.split('/').at(-1) ?? ''
    let rest = most
    for await (const piece of request as AsyncIterable<Buffer>) {
      const part = piece.subarray(0, rest)
      this.sessions.set(id, Buffer.concat([this.sessions.get(id) ?? Buffer.alloc(0), part]))
      rest -= part.length
      if (rest === 0) break
    }
    request.socket.destroy()
  }

  #begin(url: URL, response: ServerResponse): unknown {
    const [from, mount] = [url.searchParams.get('from'), url.searchParams.get('mount')]
    if (from !== null && mount !== null && this.#options.others?.[from]?.some((digest) => digest === mount) === true)
      return response.writeHead(201, { location: `/v2/a/blobs/${mount}` }).end()
    const id = randomUUID()
    this.sessions.set(id, Buffer.alloc(0))
    return this.#state(id, response, 202)
  }

  #state(id: string, response: ServerResponse, status: number): unknown {
    const path = `/v2/a/blobs/uploads/${id}`
    const size = this.sessions.get(id)?.length ?? 0
    const location = this.#options.location?.(path) ?? path
    return response.writeHead(status, { location, range: `0-${Math.max(0, size - 1)}` }).end()
  }

  async #append(id: string, request: IncomingMessage): Promise<boolean> {
    const range = request.headers['content-range']
    const before = this.sessions.get(id) ?? Buffer.alloc(0)
    const pieces = [before]
    for await (const piece of request as AsyncIterable<Buffer>) {
      pieces.push(piece)
      this.received += piece.length
    }
    if (range !== undefined && Number(/^(\d+)-\d+$/.exec(range)?.[1]) !== before.length) return false
    this.sessions.set(id, Buffer.concat(pieces))
    return true
  }

  #finish(id: string, url: URL, response: ServerResponse): unknown {
    const digest = url.searchParams.get('digest') ?? ''
    const bytes = this.sessions.get(id) ?? Buffer.alloc(0)
    this.sessions.delete(id)
    if (digestOf(bytes, digest.startsWith('sha512:') ? 'sha512' : 'sha256') !== digest)
      return response.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID","message":"other bytes"}]}')
    this.blobs.set(digest, bytes)
    return response.writeHead(201, { location: `/v2/a/blobs/${digest}`, 'docker-content-digest': digest }).end()
  }
}

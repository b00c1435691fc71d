import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { IbuildError } from '../../base/errors.ts'
import { type JsonValue, parseJson } from '../../base/json.ts'
import type { Log } from '../../log/log.ts'
import { closeServer } from '../running.ts'
import { type AdminRoute, findRoute } from './route.ts'
import { sendLines, untilGone } from './send-lines.ts'
import { listenOnSocket } from './socket.ts'

export interface AdminServerOptions<Admin> {
  readonly admin: Admin
  readonly routes: readonly AdminRoute<Admin>[]
  readonly log: Log
  /** Bytes of the body of a call. 64 KiB unless told. */
  readonly largestBody?: number
}

const usualBody = 64 * 1024

/** Answers calls of an admin API with JSON, errors as `{"error": {"code", "message", "hint"}}`. */
export function createAdminServer<Admin>(options: AdminServerOptions<Admin>): Server {
  const { log } = options
  const server = createServer((request, response) => {
    answer(options, { request, response }).catch((error: unknown) => sendError(response, error, log))
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Serves an admin API on a socket; resolves with what ends that. */
export async function startAdmin<Admin>(
  options: AdminServerOptions<Admin>,
  socket: string,
): Promise<() => Promise<void>> {
  const server = createAdminServer(options)
  await listenOnSocket(server, socket)
  return async () => {
    await rm(socket, { force: true })
    await closeServer(server)
  }
}

async function answer<Admin>(
  { admin, routes, log, largestBody = usualBody }: AdminServerOptions<Admin>,
  { request, response }: Exchange,
): Promise<void> {
  const { method = '', url = '' } = request
  const found = findRoute(routes, method, url)
  if (found === undefined) {
    throw new IbuildError('SERVER_FAILED', `the server knows no ${method} ${url.slice(0, 80)}`, {
      hint: 'Command and server may be of different versions of ibuild.',
    })
  }
  const body = await readBody(request, largestBody)
  if (method !== 'GET') log.info('admin call', { method, path: url })
  const { route, parts } = found
  if ('lines' in route) await sendLines(response, (signal) => route.lines(admin, signal))
  else send(response, 200, (await route.run(admin, parts, { body, signal: untilGone(response) })) ?? null)
}

async function readBody(request: IncomingMessage, largestBody: number): Promise<JsonValue> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > largestBody) throw new IbuildError('SERVER_FAILED', 'the body of an admin call is too large')
    pieces.push(piece)
  }
  return size === 0 ? null : parseJson(Buffer.concat(pieces), { what: 'admin call', maxBytes: largestBody })
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

function sendError(response: ServerResponse, error: unknown, log: Log): void {
  if (response.destroyed) return
  // Whoever reads lines knows by their end that there is none.
  if (response.headersSent) return void response.destroy()
  if (error instanceof IbuildError) {
    const { code, message, hint } = error
    return send(response, 400, { error: { code, message, hint } })
  }
  log.error('an admin call failed', { error })
  const message = error instanceof Error ? error.message : String(error)
  return send(response, 500, { error: { code: 'SERVER_FAILED', message } })
}

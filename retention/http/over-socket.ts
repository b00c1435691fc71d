import { request as httpRequest, type IncomingMessage } from 'node:http'
import { withShortPath } from '../../shared/web/admin/socket.ts'
import { byHeader } from './owner-socket.ts'
import type { GcAnswer, GcRequest, GcTransport } from './transport.ts'

/** To the server that has a data folder open, over its socket. Errors: ENOENT, ECONNREFUSED where nobody listens. */
export function overSocket(socket: string): GcTransport {
  return {
    send: (request) => withShortPath(socket, (socketPath) => send(socketPath, request)),
    close: async () => undefined,
  }
}

function send(socketPath: string, { method, target: path, body, by, signal }: GcRequest): Promise<GcAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    ...(by !== undefined && { [byHeader]: encodeURIComponent(by) }),
    ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = httpRequest({ socketPath, method, path, headers, agent: false, signal }, resolve)
  sent.on('error', reject)
  sent.end(text)
  return promise.then((response) => ({ status: response.statusCode ?? 0, body: response }))
}

import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { withShortPath } from '../../../shared/web/admin/socket.ts'

export interface SocketAnswer {
  readonly status: number
  readonly text: string
  /** What is told in JSON. */
  readonly json: unknown
}

/** Asks the API of retention on the socket of a server, as curl with `--unix-socket` does; a body is sent as JSON. */
export async function askSocket(socket: string, method: string, path: string, body?: unknown): Promise<SocketAnswer> {
  return withShortPath(socket, async (socketPath) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request({ socketPath, method, path, headers, agent: false })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const said = await text(response)
    return { status: response.statusCode ?? 0, text: said, json: JSON.parse(said) as unknown }
  })
}

import { readFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import type { Daemon } from '../../testing/daemon.ts'

/** A server of trusted collections, ours or the reference. */
export interface TrustServer extends Daemon {
  /** `https://localhost:PORT`. */
  readonly url: string
  /** File with the certificate of the CA that its own comes from. */
  readonly authority: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

export interface Request {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** One request, on a connection of its own as the stock clients have it. `path` is sent as it is. */
export async function get(
  server: Pick<TrustServer, 'url' | 'authority'>,
  path: string,
  { method = 'GET', headers = {}, body }: Request = {},
): Promise<Answer> {
  const { protocol, hostname, port } = new URL(server.url)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const options = { hostname, port, path, method, headers, ca: readFileSync(server.authority), agent: false as const }
  const send = protocol === 'https:' ? request : plainRequest
  const sent = send(options, (answer) => {
    const pieces: Buffer[] = []
    answer.on('data', (piece: Buffer) => pieces.push(piece))
    answer.on('error', reject)
    answer.on('end', () =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces) }),
    )
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

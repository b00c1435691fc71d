import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A place before a registry that counts what moves. */
export interface CountingProxy {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string
  /** Bytes of bodies of answers so far, by path of the request without its query. */
  readonly received: ReadonlyMap<string, number>
  /** Bytes of bodies of requests so far. */
  readonly sent: () => number
  /** Begins anew. */
  readonly reset: () => void
}

/** Passes requests on as they are to the registry at `host`, and counts; until the test ends. */
export async function startCountingProxy(t: { teardown(fn: () => void): void }, host: string): Promise<CountingProxy> {
  const received = new Map<string, number>()
  let sent = 0
  const [hostname, port] = host.split(':')
  const server = createServer((incoming, answer) => {
    const { method, url = '/', headers } = incoming
    const path = url.split('?')[0] ?? url
    const outgoing = request({ hostname, port, method, path: url, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      counted(response, (bytes) => received.set(path, (received.get(path) ?? 0) + bytes)).pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    counted(incoming, (bytes) => (sent += bytes)).pipe(outgoing)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const reset = (): void => {
    received.clear()
    sent = 0
  }
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, received, sent: () => sent, reset }
}

function counted(stream: IncomingMessage, add: (bytes: number) => void): IncomingMessage {
  stream.on('data', (piece: Buffer) => add(piece.length))
  return stream
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A place before a registry that gives other bytes for some of what it has. */
export interface LyingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string
  /** Method and path of all requests so far. */
  readonly seen: readonly string[]
  /** From now on a GET of a path that ends like this has these bytes, with the headers of the true answer. */
  lie(ending: string, bytes: Uint8Array): void
  /** True answers again. */
  tellTruth(): void
}

/** Passes requests on to the registry at `host`. */
export async function startLyingProxy(host: string): Promise<LyingProxy> {
  const lies = new Map<string, Uint8Array>()
  const seen: string[] = []
  const [hostname, port] = host.split(':')
  const server = createServer((incoming, answer) => {
    const { method, url = '/', headers } = incoming
    seen.push(`${method} ${url}`)
    const lie = method === 'GET' ? [...lies].find(([ending]) => url.endsWith(ending))?.[1] : undefined
    const outgoing = request({ hostname, port, method, path: url, headers }, (response) => {
      void reply(response, lie).catch(() => answer.destroy())
    })
    const reply = async (response: IncomingMessage, other: Uint8Array | undefined): Promise<void> => {
      const truth = await buffer(response)
      const body = other ?? truth
      const length = method === 'HEAD' ? response.headers['content-length'] : String(body.length)
      answer.writeHead(response.statusCode ?? 502, { ...response.headers, 'content-length': length }).end(body)
    }
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    lie: (ending, bytes) => void lies.set(ending, bytes),
    tellTruth: () => lies.clear(),
    [Symbol.asyncDispose]: close,
  }
}

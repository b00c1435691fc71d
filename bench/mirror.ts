import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream'

export interface Mirror extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
}

/** Serves the files of one folder on the loopback address. */
export async function serveMirror(folder: string): Promise<Mirror> {
  const server = createServer((request, response) => {
    const file = join(folder, basename(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)))
    const found = statSync(file, { throwIfNoEntry: false })
    const size = found?.isFile() === true ? found.size : undefined
    response.writeHead(size === undefined ? 404 : 200, { 'content-length': size ?? 0 })
    if (size === undefined) response.end()
    else pipeline(createReadStream(file), response, () => undefined)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

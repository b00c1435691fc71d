import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A place before a registry that lets bodies through slowly, so that something can happen meanwhile. */
export interface SlowProxy {
  readonly host: string
  /** Bytes of bodies that went to the registry and came from it. */
  readonly moved: { up: number; down: number }
  /** From now on nothing waits any more. */
  hurry(): void
  close(): Promise<void>
}

export interface SlowProxyOptions {
  /** Milliseconds that a piece of a body waits. */
  readonly wait: number
  /** The largest piece. */
  readonly piece?: number
}

/** Starts one before `target`, a `host:port`. Locations that the registry gives lead back to the proxy. */
export async function startSlowProxy(
  target: string,
  { wait, piece = 16 * 1024 }: SlowProxyOptions,
): Promise<SlowProxy> {
  const moved = { up: 0, down: 0 }
  let pause = wait
  async function* slowly(source: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
    for await (const chunk of source)
      for (let at = 0; at < chunk.length; at += piece) {
        const part = chunk.subarray(at, at + piece)
        if (pause > 0 && chunk.length > 4096) await sleep(pause)
        count(part.length)
        yield part
      }
  }
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const onward = request(`http://${target}${url}`, { method, headers: { ...headers, host: target } })
    const fail = (): void => void outgoing.destroy()
    onward.on('error', fail)
    onward.on('response', (answer) => {
      const location = answer.headers.location?.replace(`http://${target}`, '')
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...(location !== undefined && { location }) })
      void pass(
        slowly(answer, (bytes) => (moved.down += bytes)),
        outgoing,
      ).catch(fail)
    })
    void pass(
      slowly(incoming, (bytes) => (moved.up += bytes)),
      onward,
    ).catch(() => onward.destroy())
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    moved,
    hurry: () => {
      pause = 0
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}

async function pass(pieces: AsyncIterable<Buffer>, to: NodeJS.WritableStream): Promise<void> {
  for await (const each of pieces) if (!to.write(each)) await new Promise((resolve) => to.once('drain', resolve))
  to.end()
}

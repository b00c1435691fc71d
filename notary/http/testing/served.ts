import { once } from 'node:events'
import { Agent, createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { configureServer, serverOptions } from '../../../shared/web/configure-server.ts'
import { type Answered, type AskOptions, ask, portOf, readAll } from '../../../shared/web/testing/asking.ts'
import { type SceneOptions, type ServiceScene, serviceScene } from '../../service/testing/service-scene.ts'
import { createNotaryApp, type NotaryAppOptions } from '../app.ts'
import { notaryErrorMessage } from '../error-reply.ts'
import type { FinishedRequest } from '../finished-request.ts'

export interface Served extends ServiceScene {
  readonly server: Server
  /** What was told of requests that are over, in that order. */
  readonly finished: readonly FinishedRequest[]
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answered>
  /** Publishes files as clients do. */
  readonly upload: (gun: string, files: Iterable<readonly [string, Uint8Array | string]>) => Promise<Answered>
  /** A connection, for what no client sends. */
  readonly dial: () => Promise<Socket>
  /** Sends text and resolves with all that comes until the connection ends. */
  readonly say: (text: string) => Promise<string>
}

export interface ServeOptions extends Partial<Omit<NotaryAppOptions, 'service'>> {
  readonly scene?: SceneOptions
}

/** The app over a service in memory, on a port of its own, until the test is over. */
export async function serve(
  t: ExecutionContext,
  { scene: sceneOptions, ...options }: ServeOptions = {},
): Promise<Served> {
  const finished: FinishedRequest[] = []
  const scene = serviceScene(t, sceneOptions)
  const app = createNotaryApp({ ...options, service: scene.service, onFinished: (request) => finished.push(request) })
  const server = createServer(serverOptions(options.limits), app)
  configureServer(server, options.limits ?? {}, notaryErrorMessage)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  const port = portOf(server)
  const dial = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    t.teardown(() => socket.destroy())
    return socket
  }
  const asked: Served['ask'] = (method, path, more = {}) => ask({ method, path, port, agent, ...more })
  return {
    ...scene,
    server,
    finished,
    ask: asked,
    upload: (gun, files) => asked('POST', `/v2/${gun}/_trust/tuf/`, formOf(files)),
    dial,
    async say(text) {
      const socket = await dial()
      socket.write(text, 'latin1')
      return readAll(socket)
    },
  }
}

export const boundary = 'a1b2c3'

/** A body of form data and its type, as Go's clients write it. */
export function formOf(
  files: Iterable<readonly [string, Uint8Array | string]>,
): AskOptions & { readonly body: Buffer } {
  const parts = [...files].map(([name, content]) =>
    Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n` +
          'Content-Type: application/octet-stream\r\n\r\n',
      ),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]),
  )
  return {
    headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

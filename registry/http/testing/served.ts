import { once } from 'node:events'
import { Agent, createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { serverOptions } from '../../../shared/web/configure-server.ts'
import { type Answered, type AskOptions, ask, portOf, readAll } from '../../../shared/web/testing/asking.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import type { RegistryService } from '../../service/types.ts'
import { type AppOptions, createApp } from '../app.ts'
import { configureServer } from '../configure-server.ts'
import type { FinishedRequest } from '../finished-request.ts'

export interface Served {
  readonly port: number
  readonly server: Server
  readonly service: RegistryService
  /** What was told of requests that are over, in that order. */
  readonly finished: readonly FinishedRequest[]
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answered>
  /** A connection, for what no client sends. */
  readonly dial: () => Promise<Socket>
  /** Sends text and resolves with all that comes until the connection ends. */
  readonly say: (text: string) => Promise<string>
}

/** The app over a registry in memory, on a port of its own, until the test is over. */
export async function serve(t: ExecutionContext, options: Partial<AppOptions> = {}): Promise<Served> {
  const finished: FinishedRequest[] = []
  const service = options.service ?? (await memoryRegistry()).service
  const app = createApp({ ...options, service, onFinished: (request) => finished.push(request) })
  const server = createServer(serverOptions(options.limits), app)
  configureServer(server, options.limits)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })
  t.teardown(async () => {
    agent.destroy()
    server.closeAllConnections()
    server.close()
    await service.close()
  })
  const port = portOf(server)
  const dial = async (): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await once(socket, 'connect')
    t.teardown(() => socket.destroy())
    return socket
  }
  const say = async (text: string): Promise<string> => {
    const socket = await dial()
    socket.write(text, 'latin1')
    return readAll(socket)
  }
  return {
    port,
    server,
    service,
    finished,
    dial,
    say,
    ask: (method, path, asked = {}) => ask({ method, path, port, agent, ...asked }),
  }
}

import type { Server, ServerOptions } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { clientNetwork } from '../../shared/web/client-network.ts'
import { noteExpectation } from '../../shared/web/expect.ts'
import { clientErrorListener, type ErrorMessage } from './client-error.ts'
import { defaultWebLimits, type WebLimits } from './limits.ts'

/**
 * Options of `createServer` that a server needs which takes uploads. Node ends each request after 5 minutes otherwise, which is less than large
 * uploads take; slow ones are found by what they send.
 */
export function serverOptions(limits: Partial<WebLimits> = {}): ServerOptions {
  const { headerBytes, headersTimeout, keepAliveTimeout, checkInterval } = { ...defaultWebLimits, ...limits }
  return {
    requestTimeout: 0,
    headersTimeout,
    keepAliveTimeout,
    connectionsCheckingInterval: checkInterval,
    maxHeaderSize: headerBytes,
    noDelay: true,
    insecureHTTPParser: false,
    requireHostHeader: false, // refused by us, with a body that says why
  }
}

/** Makes a server, made with {@link serverOptions}, answer what never becomes a request, and bounds its connections. */
export function configureServer(
  server: Server | TlsServer,
  limits: Partial<WebLimits>,
  errorMessage: ErrorMessage,
): void {
  const { connections, connectionsPerAddress } = { ...defaultWebLimits, ...limits }
  server.timeout = 0
  if (connections > 0) server.maxConnections = connections
  if (connectionsPerAddress > 0) server.on('connection', limitPerAddress(connectionsPerAddress))
  server.on('clientError', clientErrorListener(errorMessage))
  server.on('checkContinue', (message, response) => {
    noteExpectation(message, response)
    server.emit('request', message, response)
  })
  // Refused when it is its turn, as any other request.
  server.on('checkExpectation', (message, response) => server.emit('request', message, response))
}

/** Brings into force what of its limits can change while a server runs. */
export function changeLimits(
  server: Server | TlsServer,
  { headersTimeout, keepAliveTimeout, connections }: Partial<WebLimits>,
): void {
  Object.assign(server, { headersTimeout, keepAliveTimeout, maxConnections: connections || Number.POSITIVE_INFINITY })
}

/** Closes connections beyond so many of one client. */
function limitPerAddress(most: number): (socket: Socket) => void {
  const counts = new Map<string, number>()
  return (socket) => {
    const address = clientNetwork(socket.remoteAddress ?? '')
    const count = counts.get(address) ?? 0
    if (count >= most) {
      socket.destroy()
      return
    }
    counts.set(address, count + 1)
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1
      if (left > 0) counts.set(address, left)
      else counts.delete(address)
    })
  }
}

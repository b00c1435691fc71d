import { connect as connectTcp, type Socket } from 'node:net'
import { HttpFailure } from './failure.ts'
import type { TlsSettings } from './types.ts'
import type { Connect } from './undici-pool.ts'

export interface ConnectorOptions {
  readonly url: URL
  readonly tls: TlsSettings | undefined
  /** Milliseconds. */
  readonly timeout: number
}

/** Makes connections to the host of an URL, over TLS for https. */
export function connectorTo({ url, timeout }: ConnectorOptions): Connect {
  return (callback) => {
    const socket = connectTcp({ host: hostOf(url), port: portOf(url), noDelay: true, keepAlive: true })
    settle(socket, 'connect', { url, timeout, callback })
  }
}

interface Settling extends Pick<ConnectorOptions, 'url' | 'timeout'> {
  readonly callback: Parameters<Connect>[0]
}

function settle(socket: Socket, event: 'connect' | 'secureConnect', { url, timeout, callback }: Settling): void {
  const timer = timeout === 0 ? undefined : setTimeout(() => socket.destroy(late(url)), timeout)
  const done = (error: Error | null): void => {
    clearTimeout(timer)
    socket.off(event, onReady).off('error', done)
    if (error === null) callback(null, socket)
    else callback(error, null)
  }
  const onReady = (): void => done(null)
  socket.once(event, onReady).once('error', done)
}

function late(url: URL): HttpFailure {
  return new HttpFailure('timeout', `${url.host}: it takes no connection in time`)
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { HttpFailure } from './failure.ts'
import { portOf } from './place.ts'
import { proxyAuthorization } from './proxy.ts'

export interface TunnelOptions {
  readonly proxy: URL
  /** Where to. */
  readonly url: URL
  readonly signal: AbortSignal
}

/** Has a proxy connect us to the host of an URL (CONNECT). Errors: {@link HttpFailure} of kind `proxy`. */
export async function openTunnel(socket: Socket, { proxy, url, signal }: TunnelOptions): Promise<Socket> {
  const target = `${url.hostname}:${portOf(url)}`
  const authorization = proxyAuthorization(proxy)
  const headers = { host: target, ...(authorization !== undefined && { 'proxy-authorization': authorization }) }
  const sent = request({ createConnection: () => socket, method: 'CONNECT', path: target, headers, signal })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('connect', resolve).once('response', resolve).once('error', reject).end()
  try {
    const answer = await promise
    if (answer.statusCode === 200) return socket
    throw refused(answer.statusCode ?? 0, proxy, target)
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    if (error instanceof HttpFailure) throw error
    throw new HttpFailure('proxy', `the proxy ${proxy.host} breaks off instead of connecting to ${target}`, {
      cause: error,
    })
  }
}

function refused(status: number, proxy: URL, target: string): HttpFailure {
  const wantsLogin = status === 407
  return new HttpFailure(
    'proxy',
    wantsLogin
      ? `the proxy ${proxy.host} wants to know who asks`
      : `the proxy ${proxy.host} does not connect to ${target} (status ${status})`,
    { hint: wantsLogin ? 'Put user and password into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT.' : usualHint },
  )
}

const usualHint = 'Name hosts that are reached without the proxy in NO_PROXY.'

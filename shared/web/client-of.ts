import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP, SocketAddress } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Reached } from './origin.ts'

/** Whoever sent a request, and how he reached the registry. */
export interface Client extends Reached {
  /** IP address; undefined when the connection is gone. */
  readonly address: string | undefined
  /** Undefined also behind a proxy. */
  readonly port: number | undefined
}

/** Tells of an IP address whether what is sent from there is believed when it tells of others. */
export type IsProxy = (address: string) => boolean

/** Proxies one behind the other that are believed. */
const mostProxies = 16
/** Characters that are read of a header of theirs: the last ones, because a client can make it as long as he likes. */
const longestHeader = 4096

/**
 * Who sent a request: whoever made the connection; or, where that is a proxy that is believed, the client of which it tells in
 * `X-Forwarded-For`. Each proxy writes behind what it was sent, so that list is read from its end for as long as proxies wrote it
 * that are believed: what stands before was written by the client himself. What is no address ends it. `X-Forwarded-Proto` and
 * `X-Forwarded-Host` count by the same proxies.
 */
export function clientOf({ socket, headers }: IncomingMessage, isProxy?: IsProxy): Client {
  const { remoteAddress: address, remotePort: port } = socket
  const isEncrypted = socket instanceof TLSSocket
  if (address === undefined || isProxy === undefined || !isProxy(address))
    return { address, port, host: headers.host, isEncrypted }
  const { client, proxies } = behind(address, forwarded(headers, 'for'), isProxy)
  const protocol = fromEnd(forwarded(headers, 'proto'), proxies).toLowerCase()
  return {
    address: client,
    port: client === address ? port : undefined,
    host: fromEnd(forwarded(headers, 'host'), proxies) || headers.host,
    isEncrypted: protocol === 'https' || (protocol !== 'http' && isEncrypted),
  }
}

/** The client, and how many proxies told of him; one at least, which may have told nothing. */
function behind(
  address: string,
  list: readonly string[],
  isProxy: IsProxy,
): { readonly client: string; readonly proxies: number } {
  let [client, proxies] = [address, 0]
  while (proxies < mostProxies && isProxy(client)) {
    const next = addressIn(list.at(-1 - proxies) ?? '')
    if (next === undefined) break
    client = next
    proxies++
  }
  return { client, proxies: Math.max(1, proxies) }
}

function forwarded(headers: IncomingHttpHeaders, what: 'for' | 'host' | 'proto'): readonly string[] {
  const text = headers[`x-forwarded-${what}`]
  if (typeof text !== 'string') return []
  return text
    .slice(-longestHeader)
    .split(',')
    .map((part) => part.trim())
}

/** What the first of so many proxies wrote; one that writes nothing hands on what it was sent. */
function fromEnd(list: readonly string[], proxies: number): string {
  return list.at(-Math.min(proxies, list.length)) ?? ''
}

/** An address as proxies write it, some with a port, in the form that a socket has it. */
function addressIn(text: string): string | undefined {
  if (text.length > 64 || text.includes('%')) return undefined
  const [, plain = text] = /^\[(.*)\](?::\d{1,5})?$/.exec(text) ?? /^([\d.]+):\d{1,5}$/.exec(text) ?? []
  const version = isIP(plain)
  if (version === 0) return undefined
  return version === 4 ? plain : new SocketAddress({ address: plain, family: 'ipv6' }).address
}

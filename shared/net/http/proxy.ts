import { BlockList, isIP } from 'node:net'
import { isLoopback } from './loopback.ts'

/** Which proxies there are, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY tell; texts are kept as they were given. */
export interface ProxySettings {
  /** For http: an URL, or a host with optional port. */
  readonly http?: string | undefined
  /** For https. */
  readonly https?: string | undefined
  /** Hosts that are reached without, divided by commas. */
  readonly none?: string | undefined
}

/** Reads the variables, in capitals or not. An http proxy is not taken from a server's request (CGI sets HTTP_PROXY then). */
export function proxiesIn(env: Readonly<Record<string, string | undefined>>): ProxySettings {
  const find = (name: string): string | undefined => env[name] || env[name.toLowerCase()] || undefined
  const isCgi = (env['REQUEST_METHOD'] ?? '') !== ''
  return {
    http: isCgi ? env['http_proxy'] || undefined : find('HTTP_PROXY'),
    https: find('HTTPS_PROXY'),
    none: find('NO_PROXY'),
  }
}

/** The proxy for an address, undefined when there is none. TypeError for a setting that is no address of an HTTP proxy. */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const text = url.protocol === 'https:' ? settings.https : settings.http
  if (text === undefined || text.trim() === '' || isExcepted(url, settings.none ?? '')) return undefined
  const proxy = URL.parse(text.includes('://') ? text.trim() : `http://${text.trim()}`)
  if (proxy !== null && ['http:', 'https:'].includes(proxy.protocol) && proxy.hostname !== '') return proxy
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  throw new TypeError(`${name} is not the address of an HTTP proxy`)
}

/** This machine is never reached through a proxy. */
function isExcepted(url: URL, none: string): boolean {
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (isLoopback(host)) return true
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  const words = none.toLowerCase().split(/[\s,]+/)
  return words.some((word) => word === '*' || (word !== '' && covers(word, host, port)))
}

/** `host`, `.suffix`, `*.suffix`, an address or a network, each but the last with an optional port. */
function covers(word: string, host: string, port: string): boolean {
  if (word.includes('/')) return isInNetwork(host, word)
  const [, name = '', wanted] = /^(\[[^\]]+\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(word) ?? []
  if (wanted !== undefined && wanted !== port) return false
  const bare = name.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isIP(bare) !== 0) return isSameAddress(host, bare)
  if (bare.startsWith('*.') || bare.startsWith('.')) return host.endsWith(bare.replace(/^\*/, ''))
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`))
}

/** True for an address in a network in CIDR form; false for names, which are not looked up. */
export function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  const family = isIP(address)
  if (family === 0 || isIP(host) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false
  const list = new BlockList()
  list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}

function isSameAddress(host: string, address: string): boolean {
  return isIP(host) === isIP(address) && isInNetwork(host, `${address}/${isIP(address) === 4 ? 32 : 128}`)
}

/** The header that tells a proxy who we are; undefined when its address has no user. */
export function proxyAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

/** What encodes nothing stands for itself: people put passwords with a % into variables as they are. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (part) => {
    try {
      return decodeURIComponent(part)
    } catch {
      return part
    }
  })
}

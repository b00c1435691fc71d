import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isLoopback } from '../../../shared/net/http/loopback.ts'
import { isInNetwork } from '../../../shared/net/http/proxy.ts'
import type { HostSettings } from './settings.ts'

/** Where a host is asked. */
export interface Place {
  /** Host with optional port, as connections are made to it. */
  readonly host: string
  /** As names of images have it; certificates and settings go by this one. */
  readonly domain: string
  /** What is tried, in this order; the first that answers is kept to. */
  readonly schemes: readonly ('http' | 'https')[]
  /** False where any certificate will do, unless there is an authority for the host. */
  readonly isVerified: boolean
}

/** What the Hub is called in names, and where it is. */
const hubDomain = 'docker.io'
const hubHost = 'registry-1.docker.io'

/** Where a domain is asked. Errors: none; a name that cannot be looked up is in no network. */
export async function placeOf(domain: string, settings: HostSettings): Promise<Place> {
  const host = domain === hubDomain || domain === 'index.docker.io' ? hubHost : domain
  const name = nameIn(host)
  const said = settings.hosts.get(domain.toLowerCase())?.isInsecure
  if (said === undefined && isLoopback(name) && !settings.isAllInsecure) {
    return { host, domain, schemes: ['http', 'https'], isVerified: false }
  }
  const isInsecure = settings.isAllInsecure || (said ?? (await isInAny(name, settings.insecureNetworks)))
  return { host, domain, schemes: isInsecure ? ['https', 'http'] : ['https'], isVerified: !isInsecure }
}

/** Where a mirror is asked: a scheme that is written counts, else the settings for its host. */
export async function mirrorPlace(mirror: string, settings: HostSettings): Promise<Place> {
  const [, scheme, host = mirror] = /^(https?):\/\/(.*)$/.exec(mirror) ?? []
  const place = await placeOf(host, settings)
  if (scheme === undefined) return { ...place, host }
  return { ...place, host, schemes: [scheme === 'http' ? 'http' : 'https'] }
}

async function isInAny(name: string, networks: readonly string[]): Promise<boolean> {
  if (networks.length === 0) return false
  const addresses = isIP(name) === 0 ? await addressesOf(name) : [name]
  return addresses.some((address) => networks.some((network) => isInNetwork(address, network)))
}

async function addressesOf(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true }).catch(() => [])
  return found.map(({ address }) => address)
}

/** The host without port and brackets. */
function nameIn(host: string): string {
  return host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

import { isIP } from 'node:net'
import { parseAddress } from '../../shared/web/address.ts'
import { type GunNames, gunNames } from '../access/gun-names.ts'
import type { ServerConfig } from './config/schema.ts'

type HostsConfig = Pick<ServerConfig, 'hosts' | 'listen' | 'tls'>

/**
 * The names by which clients reach the registry: those of the configuration, or those that follow from where it listens, at `url`.
 * A client writes no port where it is the usual one of the scheme, or writes it all the same.
 */
export function ownHosts({ hosts, listen, tls }: HostsConfig, url: string): readonly string[] {
  if (hosts.length > 0) return hosts
  const { port, protocol } = new URL(url)
  const { host } = parseAddress(listen, 'listen')
  const isAny = host === undefined || host === '0.0.0.0' || host === '::'
  const named = tls.names.filter((name) => !name.startsWith('*'))
  const plain = [...(isAny ? [] : [host]), 'localhost', '127.0.0.1', '::1', ...named].map(written)
  const usual = protocol === 'https:' ? '443' : '80'
  const own = plain.flatMap((name) => (port === '' ? [`${name}:${usual}`, name] : [`${name}:${port}`]))
  return [...new Set(own)]
}

function written(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase()
}

/** Names in force; `url` tells where the registry listens, once it does. */
export function currentGunNames(inForce: { readonly config: HostsConfig }, url: () => string): () => GunNames {
  let made: { readonly of: HostsConfig; readonly names: GunNames } | undefined
  return () => {
    if (made?.of !== inForce.config) made = { of: inForce.config, names: gunNames(ownHosts(inForce.config, url())) }
    return made.names
  }
}

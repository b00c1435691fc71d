import fs from 'node:fs'
import type { NetworkMode } from './types.ts'

/** The text of /etc/hosts: localhost, the container's own name, and the pairs `name:ip` of the request. */
export function hostsFile(hostname: string, extraHosts: readonly string[]): string {
  const lines = [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'ff00::0\tip6-mcastprefix',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
    `127.0.0.1\t${hostname}`,
    ...extraHosts.map(hostsLine),
  ]
  return `${lines.join('\n')}\n`
}

function hostsLine(pair: string): string {
  const colon = pair.indexOf(':')
  return `${pair.slice(colon + 1).replace(/^\[(.*)\]$/, '$1')}\t${pair.slice(0, colon)}`
}

/**
 * The text of /etc/resolv.conf: the host's, without its servers when the container has no network, and with `server` in
 * their place when the network has a name server of its own.
 */
export function resolvConf(hostText: string, network: NetworkMode, server?: string): string {
  const lines = hostText.split('\n').filter((line) => line.trim() !== '')
  const others = lines.filter((line) => !/^\s*nameserver\s/.test(line))
  if (network === 'none') return asText(others)
  return asText(server === undefined ? lines : [`nameserver ${server}`, ...others])
}

function asText(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** The text of the host's /etc/resolv.conf; empty when there is none. */
export function hostResolvConf(): string {
  try {
    return fs.readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return ''
  }
}

import { isIP, isIPv4 } from 'node:net'

/** True for a host name or address, without brackets, that is this machine by its own meaning: nothing is looked up. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  return (isIPv4(name) && name.startsWith('127.')) || name.startsWith('::ffff:127.') || name.startsWith('::ffff:7f')
}

/** What of IPv6 begins as this stands for an address of IPv4, of which the rest is in two groups of hexadecimal digits. */
const mapped = /^::ffff:(?:a9fe|0):[0-9a-f]{1,4}$/

/**
 * True for this machine as well, and for its link, where services of clouds tell secrets: nothing that a server elsewhere can
 * mean.
 */
export function isInside(host: string): boolean {
  const name = host.toLowerCase()
  if (isLoopback(name)) return true
  return isIP(name) !== 0 && (/^(?:169\.254\.|fe[89ab][0-9a-f]:|0\.0\.0\.0$|::$)/.test(name) || mapped.test(name))
}

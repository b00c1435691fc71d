import { isIPv4 } from 'node:net'

/** True for a host name or address, without brackets, that is this machine by its own meaning: nothing is looked up. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1') return true
  return (isIPv4(name) && name.startsWith('127.')) || name.startsWith('::ffff:127.') || name.startsWith('::ffff:7f')
}

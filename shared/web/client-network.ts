import { isIPv6 } from 'node:net'

/**
 * What stands for one client: its address; of IPv6 the network of 64 bits, in which a client can have any address. IPv4 in
 * the form of IPv6, as it is on a socket for both, counts as what it is.
 */
export function clientNetwork(address: string): string {
  const [, plain] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (plain !== undefined) return plain
  if (!isIPv6(address)) return address
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((word) => word !== ''))
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`
}

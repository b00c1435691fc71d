import { BlockList, isIP } from 'node:net'

/** True for a network as `ADDRESS/BITS`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/')
  const version = isIP(address)
  return version !== 0 && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

/**
 * Tells of an IP address whether it is in one of some networks, each of which {@link isNetwork}. What stands for an address of IPv4
 * in IPv6 (`::ffff:0:0/96`) is where that is; a zone makes no difference. False for what is no address.
 */
export function inNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return (address) => {
    const plain = address.replace(/%.*$/, '')
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}

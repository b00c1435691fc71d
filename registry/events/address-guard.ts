import { BlockList, isIP } from 'node:net'

/**
 * Networks to which no events go unless the configuration says so: the link of this machine, where clouds tell secrets to
 * whoever asks, other places at which they do, and addresses that are nobody's or everybody's.
 */
const refused: readonly string[] = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.0/24',
  '224.0.0.0/3',
  '::/128',
  'fe80::/10',
  'fd00:ec2::/64',
  'ff00::/8',
  // the same of IPv4, written as IPv6
  '64:ff9b::a9fe:0/112',
  '2002:a9fe::/32',
]

/** True for a network as `ADDRESS/BITS`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/')
  const version = isIP(address)
  return version !== 0 && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}

/** Tells of an IP address whether events are kept from it; `allow` are networks that are excepted. */
export function addressGuard(allow: readonly string[]): (address: string) => boolean {
  const [isRefused, isAllowed] = [memberOf(refused), memberOf(allow)]
  return (address) => isRefused(address) && !isAllowed(address)
}

function memberOf(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return (address) => {
    const plain = address.replace(/%.*$/, '') // without the zone
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}

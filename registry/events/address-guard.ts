import { inNetworks } from '../../shared/net/networks.ts'

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

/** Tells of an IP address whether events are kept from it; `allow` are networks that are excepted. */
export function addressGuard(allow: readonly string[]): (address: string) => boolean {
  const [isRefused, isAllowed] = [inNetworks(refused), inNetworks(allow)]
  return (address) => isRefused(address) && !isAllowed(address)
}

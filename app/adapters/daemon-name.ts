import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import { parseEngineAddress } from '../../shared/net/engine-address.ts'

const letters = 'abcdefghijklmnop'
const length = 10

/** True for what {@link daemonName} gives. */
export function isDaemonName(text: string): boolean {
  return /^[a-p]{10}$/.test(text)
}

/**
 * Ten letters that stand for the address of a Docker daemon, by which its state is told from that of others: it must be found while the
 * daemon is away. Errors: USAGE, NOT_SUPPORTED for the address.
 */
export function daemonName(host: string): string {
  const address = parseEngineAddress(host)
  const parts =
    'socketPath' in address ? [withoutLinks(address.socketPath)] : [address.host, address.port, address.path]
  const digits = hexOf(digestOf(JSON.stringify(parts))).slice(0, length)
  return digits.replaceAll(/./g, (digit) => letters[Number.parseInt(digit, 16)] ?? '')
}

/** /var/run is /run on most machines. The socket itself is there only while the daemon is. */
function withoutLinks(socket: string): string {
  try {
    return join(realpathSync(dirname(socket)), basename(socket))
  } catch {
    return socket
  }
}

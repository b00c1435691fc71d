import type { ServerConfig } from '../../registry/server/config/schema.ts'
import { parseAddress } from '../../shared/web/address.ts'

/** The command that makes a Docker client trust a server with a CA of its own, as one line. */
export function trustLine(authority: string, url: string, { tls, listen }: ServerConfig): string {
  const { host } = parseAddress(listen, 'listen')
  const isAny = host === undefined || host === '0.0.0.0' || host === '::'
  const name = tls.names.find((one) => !one.startsWith('*')) ?? (isAny ? 'localhost' : host)
  const place = `/etc/docker/certs.d/${name.includes(':') ? `[${name}]` : name}:${new URL(url).port || '443'}/ca.crt`
  return `clients of docker trust this registry after: install -D -m 644 ${quoted(authority)} ${place}`
}

function quoted(word: string): string {
  return /^[\w/.@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

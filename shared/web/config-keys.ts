import { choice, count, duration, headerValues, size, text, texts, yesOrNo } from '../config/kinds.ts'
import { networks } from '../config/networks-kind.ts'
import { key, live, type Values } from '../config/schema.ts'
import type { WebLimits } from './limits.ts'

/** What servers of any kind have in their configurations. Of `tls`, behind its mode. */
export const certificateKeys = {
  names: key(
    texts,
    [],
    'Names and addresses for the certificate of tls.mode auto, beside that of listen and localhost.',
  ),
  certificate: live(text, '', 'PEM file with the certificate and those above it. Read again when it changes.'),
  key: live(text, '', 'PEM file with its private key.'),
  clientCA: key(texts, [], 'PEM files with CAs; with any, clients must show a certificate of one of them.'),
  minimum: live(choice('1.2', '1.3'), '1.2', 'Oldest version of TLS that is spoken.'),
} as const

export const plainHttpKey = key(yesOrNo, false, 'Allows plain HTTP on an address that other machines reach.')

export const anonymousMetricsKey = key(
  yesOrNo,
  false,
  'Allows everyone who reaches metrics.listen to read there, by plain HTTP.',
)

export const trustedProxiesKey = live(
  networks,
  [],
  'Networks of proxies that are believed when they tell of clients, by X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.',
)

/** Of `limits`, those of connections. */
export const connectionKeys = {
  connections: live(count, 8192, 'Connections at once; 0 for any number.'),
  connectionsPerAddress: key(
    count,
    2048,
    'Connections at once from one address, of IPv6 from one /64; 0 for any number.',
  ),
  headerSize: key(size, 16 * 1024, 'The request line and all headers together.'),
  headersTimeout: live(duration, 15_000, 'Time in which TLS must come about, and the headers of a request be there.'),
  keepAlive: live(duration, 75_000, 'How long a connection without a request stays open.'),
  bodyRate: live(size, 1024, 'Bytes a second, over a minute, below which a client that sends a body is cut off.'),
} as const

export const headersKey = live(headerValues, {}, 'Headers for every answer.')

/** Of `log`. */
export const logKeys = {
  level: live(choice('error', 'warn', 'info', 'debug'), 'info', 'How much is told; debug has every request.'),
  format: live(
    choice('auto', 'json', 'text'),
    'auto',
    'One JSON object a line, or lines for people; auto: text on a terminal.',
  ),
} as const

export const metricsKey = key(yesOrNo, true, 'Gathers metrics for Prometheus.')

export const drainKey = live(duration, 60_000, 'How long requests may go on when the server is asked to stop.')

/** Milliseconds over which the rate of a body is looked at. */
const rateTime = 60_000

/** The limits of {@link connectionKeys} as the HTTP part has them. */
export function connectionLimits(limits: Values<typeof connectionKeys>): Partial<WebLimits> {
  return {
    connections: limits.connections,
    connectionsPerAddress: limits.connectionsPerAddress,
    headerBytes: limits.headerSize,
    headersTimeout: limits.headersTimeout,
    keepAliveTimeout: limits.keepAlive,
    slowBodyTime: rateTime,
    slowBodyBytes: (limits.bodyRate * rateTime) / 1000,
  }
}

import { IbuildError } from '../base/errors.ts'
import { isLoopback, parseAddress } from './address.ts'
import { resolveAddress } from './listen.ts'

/** IP addresses that a server listens on. */
export interface ListenedOn {
  readonly clients: string
  /** Of `metrics.listen`, when there is one. */
  readonly operators?: string | undefined
}

/** What a configuration says of who reaches a server, and that this is wanted. */
export interface ExposedConfig {
  readonly listen: string
  readonly metrics: { readonly listen: string }
  readonly tls: { readonly mode: string }
  readonly insecure: { readonly plainHttp: boolean; readonly anonymousMetrics: boolean }
}

/** Why other machines should not reach an address, and what to do. */
export interface Objection {
  readonly problem: string
  readonly advice: string
}

export interface Objections {
  /** To plain HTTP. */
  readonly plain: Objection
  /** To everybody who may change something; undefined where nobody may, or that is wanted. */
  readonly anonymous: Objection | undefined
  /** To metrics that everybody reads. */
  readonly metrics: Objection
}

/**
 * Refuses to open a server, or its pages for operators, to other machines unless the configuration says so in so many words. Errors:
 * EXPOSURE_REFUSED.
 */
export function refuseExposed(
  { listen, metrics, tls, insecure }: ExposedConfig,
  { clients, operators }: ListenedOn,
  objections: Objections,
): void {
  const { plain, anonymous } = objections
  const isExposed = !isLoopback(clients)
  const areOpen = operators !== undefined && !isLoopback(operators)
  const found = [
    ...(isExposed && tls.mode === 'off' && !insecure.plainHttp ? [{ ...plain, address: listen }] : []),
    ...(isExposed && anonymous !== undefined ? [{ ...anonymous, address: listen }] : []),
    ...(areOpen && !insecure.anonymousMetrics ? [{ ...objections.metrics, address: metrics.listen }] : []),
  ]
  if (found.length === 0) return
  const lines = found.map(({ address, problem }) => `${address}: ${problem}`)
  throw new IbuildError('EXPOSURE_REFUSED', lines.join('\n'), { hint: found.map(({ advice }) => advice).join(' ') })
}

/** The addresses that a configuration stands for; `port` is for one without. Errors: LISTEN_FAILED, SERVER_CONFIG_INVALID. */
export async function listenedOn(
  { listen, metrics }: Pick<ExposedConfig, 'listen' | 'metrics'>,
  port?: number,
): Promise<ListenedOn> {
  const ipOf = async (text: string, key: string): Promise<string> =>
    (await resolveAddress(parseAddress(text, key, port))).ip
  const clients = await ipOf(listen, 'listen')
  return { clients, operators: metrics.listen === '' ? undefined : await ipOf(metrics.listen, 'metrics.listen') }
}

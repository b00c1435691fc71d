import { IbuildError } from '../../shared/base/errors.ts'
import { isLoopback, parseAddress } from '../../shared/web/address.ts'
import { resolveAddress } from '../../shared/web/listen.ts'
import { type NotaryConfig, usualPort } from './config/schema.ts'

/** IP addresses that will be listened on. */
export interface ListenedOn {
  readonly clients: string
  /** Of `metrics.listen`, when there is one. */
  readonly operators?: string | undefined
  /** True when everybody may do everything. */
  readonly isOpen: boolean
}

/**
 * Refuses to open the notary, or the pages for operators, to other machines unless the configuration says so in so many words. Errors:
 * EXPOSURE_REFUSED.
 */
export function refuseExposure(
  { listen, tls, insecure, metrics }: NotaryConfig,
  { clients, operators, isOpen }: ListenedOn,
): void {
  const isExposed = !isLoopback(clients)
  const areOpen = operators !== undefined && !isLoopback(operators)
  const missing = [
    ...(isExposed && tls.mode === 'off' && !insecure.plainHttp ? [{ ...plain, address: listen }] : []),
    ...(isExposed && isOpen && !insecure.anonymousPublish ? [{ ...anonymous, address: listen }] : []),
    ...(areOpen && !insecure.anonymousMetrics ? [{ ...open, address: metrics.listen }] : []),
  ]
  if (missing.length === 0) return
  const lines = missing.map(({ address, problem }) => `${address}: ${problem}`)
  throw new IbuildError('EXPOSURE_REFUSED', lines.join('\n'), { hint: missing.map(({ advice }) => advice).join(' ') })
}

/** Refuses what {@link refuseExposure} refuses, for the addresses that the configuration stands for. */
export async function checkExposure(config: NotaryConfig, isOpen: boolean): Promise<void> {
  const { listen, metrics } = config
  const ipOf = async (text: string, key: string): Promise<string> =>
    (await resolveAddress(parseAddress(text, key, usualPort))).ip
  const clients = await ipOf(listen, 'listen')
  const operators = metrics.listen === '' ? undefined : await ipOf(metrics.listen, 'metrics.listen')
  refuseExposure(config, { clients, operators, isOpen })
}

const plain = {
  problem: 'other machines would reach the notary by plain HTTP, which anyone on the way can read and change.',
  advice: 'Leave tls.mode at auto, or give a certificate; or say insecure.plainHttp: true.',
}
const anonymous = {
  problem: 'there are no accounts: everyone who reaches the notary could publish, rotate keys and delete collections.',
  advice: 'Make accounts with ibuild registry user add NAME; or say insecure.anonymousPublish: true.',
}
const open = {
  problem: 'everyone who reaches this address could read the metrics, by plain HTTP.',
  advice: 'To allow that say insecure.anonymousMetrics: true; or listen on loopback.',
}

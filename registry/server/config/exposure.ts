import { IbuildError } from '../../../shared/base/errors.ts'
import { isLoopback } from '../../../shared/web/address.ts'
import { isOpen, mayAnonymousWrite } from './openness.ts'
import type { ServerConfig } from './schema.ts'

/** IP addresses that will be listened on. */
export interface ListenedOn {
  readonly registry: string
  /** Of `metrics.listen`, when there is one. */
  readonly operators?: string | undefined
}

/**
 * Refuses to open the registry, or the pages for operators, to other machines unless the configuration says so in so many
 * words. Errors: EXPOSURE_REFUSED.
 */
export function refuseExposure(config: ServerConfig, { registry, operators }: ListenedOn): void {
  const { plainHttp, anonymousPush, anonymousMetrics } = config.insecure
  const [isExposed, areOpen] = [!isLoopback(registry), operators !== undefined && !isLoopback(operators)]
  const missing = [
    ...(isExposed && config.tls.mode === 'off' && !plainHttp ? [{ ...plainFor(config), address: config.listen }] : []),
    ...(isExposed && mayAnonymousWrite(config) && !anonymousPush
      ? [{ ...anonymousFor(config), address: config.listen }]
      : []),
    ...(areOpen && !anonymousMetrics ? [{ ...metrics, address: config.metrics.listen }] : []),
  ]
  if (missing.length === 0) return
  const lines = missing.map(({ address, problem }) => `${address}: ${problem}`)
  throw new IbuildError('EXPOSURE_REFUSED', lines.join('\n'), { hint: missing.map(({ advice }) => advice).join(' ') })
}

interface Refusal {
  readonly problem: string
  readonly advice: string
}

function plainFor(config: ServerConfig): Refusal {
  const secret = isOpen(config) ? '' : ', passwords too'
  return {
    problem: `other machines would reach the registry by plain HTTP, which anyone on the way can read and change${secret}.`,
    advice: 'Give --tls auto or a certificate; or say insecure.plainHttp: true (--insecure-plain-http).',
  }
}

function anonymousFor(config: ServerConfig): Refusal {
  return isOpen(config)
    ? {
        problem: 'there are no accounts: everyone who reaches the registry could push, pull and delete.',
        advice:
          'Make accounts with ibuild registry user add NAME; or say insecure.anonymousPush: true (--insecure-anonymous-push).',
      }
    : {
        problem: 'access.rules let everyone who reaches the registry push or delete.',
        advice: 'Grant anonymous no more than pull; or say insecure.anonymousPush: true (--insecure-anonymous-push).',
      }
}

const metrics = {
  problem: 'everyone who reaches this address could read the metrics, by plain HTTP.',
  advice: 'To allow that say insecure.anonymousMetrics: true (--insecure-anonymous-metrics); or listen on loopback.',
}

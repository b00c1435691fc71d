import { isIP } from 'node:net'
import { IbuildError } from '../../../shared/base/errors.ts'
import { inNetworks } from '../../../shared/net/networks.ts'
import { isOpen, mayAnonymousWrite } from './openness.ts'
import type { ServerConfig } from './schema.ts'

export interface ListenAddress {
  /** Without brackets; undefined for all addresses of this machine. */
  readonly host: string | undefined
  readonly port: number
}

/** `HOST:PORT`, `[IPv6]:PORT`, `:PORT` or a host alone, which gets `port`. Errors: SERVER_CONFIG_INVALID. */
export function parseAddress(text: string, key: string, port = 5000): ListenAddress {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]*))(?::(\d{1,5}))?$/.exec(text)
  const number = match?.[3] === undefined ? port : Number(match[3])
  // digits alone are a port that somebody meant, though an address could be written so
  const isNumber = /^\d+$/.test(match?.[2] ?? '')
  if (
    match === null ||
    isNumber ||
    text === '' ||
    number > 65_535 ||
    (match[1] !== undefined && isIP(match[1]) !== 6)
  ) {
    throw new IbuildError('SERVER_CONFIG_INVALID', `${key}: ${JSON.stringify(text)} is not HOST:PORT`, {
      hint: 'Write it as 127.0.0.1:5000, [::1]:5000, or :5000 for all addresses of this machine.',
    })
  }
  const host = match[1] ?? match[2]
  return { host: host === '' ? undefined : host, port: number }
}

/** True for an IP address that only this machine reaches. */
export const isLoopback: (address: string) => boolean = inNetworks(['127.0.0.0/8', '::1/128'])

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

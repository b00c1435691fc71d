import { type ListenedOn, listenedOn, type Objection, refuseExposed } from '../../../shared/web/exposure.ts'
import { isOpen, mayAnonymousWrite } from './openness.ts'
import type { ServerConfig } from './schema.ts'

/** Refuses to open the registry to other machines unless the configuration says so; see {@link refuseExposed}. Errors: EXPOSURE_REFUSED. */
export function refuseExposure(config: ServerConfig, on: ListenedOn): void {
  const isWanted = !mayAnonymousWrite(config) || config.insecure.anonymousPush
  refuseExposed(config, on, {
    plain: plainFor(config),
    anonymous: isWanted ? undefined : anonymousFor(config),
    metrics,
  })
}

/** Refuses what {@link refuseExposure} refuses, for the addresses that the configuration stands for. */
export async function checkExposure(config: ServerConfig): Promise<void> {
  refuseExposure(config, await listenedOn(config))
}

function plainFor(config: ServerConfig): Objection {
  const secret = isOpen(config) ? '' : ', passwords too'
  return {
    problem: `other machines would reach the registry by plain HTTP, which anyone on the way can read and change${secret}.`,
    advice: 'Give --tls auto or a certificate; or say insecure.plainHttp: true (--insecure-plain-http).',
  }
}

function anonymousFor(config: ServerConfig): Objection {
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

import { type ListenedOn, listenedOn, refuseExposed } from '../../shared/web/exposure.ts'
import { type NotaryConfig, usualPort } from './config/schema.ts'

/**
 * Refuses to open the notary to other machines unless the configuration says so; see {@link refuseExposed}. `isOpen`: everybody may do
 * everything. Errors: EXPOSURE_REFUSED.
 */
export function refuseExposure(config: NotaryConfig, on: ListenedOn & { readonly isOpen: boolean }): void {
  const isWanted = !on.isOpen || config.insecure.anonymousPublish
  refuseExposed(config, on, { plain, anonymous: isWanted ? undefined : anonymous, metrics })
}

/** Refuses what {@link refuseExposure} refuses, for the addresses that the configuration stands for. */
export async function checkExposure(config: NotaryConfig, isOpen: boolean): Promise<void> {
  refuseExposure(config, { ...(await listenedOn(config, usualPort)), isOpen })
}

const plain = {
  problem: 'other machines would reach the notary by plain HTTP, which anyone on the way can read and change.',
  advice: 'Leave tls.mode at auto, or give a certificate; or say insecure.plainHttp: true.',
}
const anonymous = {
  problem: 'there are no accounts: everyone who reaches the notary could publish, rotate keys and delete collections.',
  advice: 'Make accounts with ibuild registry user add NAME; or say insecure.anonymousPublish: true.',
}
const metrics = {
  problem: 'everyone who reaches this address could read the metrics, by plain HTTP.',
  advice: 'To allow that say insecure.anonymousMetrics: true; or listen on loopback.',
}

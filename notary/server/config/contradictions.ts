import { proxyProblems, tlsProblems } from '../../../shared/web/config-problems.ts'
import type { NotaryConfig } from './schema.ts'

const day = 86_400_000

/** What of a configuration would have no effect, or cannot be had together; one sentence each. */
export function contradictionsIn(config: NotaryConfig): readonly string[] {
  const { signer, expiry, limits, metrics, trustedProxies } = config
  return [
    ...tlsProblems(config.tls),
    ...(signer.keyFile !== '' && signer.passphraseFile !== ''
      ? ['signer.passphraseFile: signer.keyFile is there, too, and one of them locks the keys']
      : []),
    ...(expiry.timestamp < day / 24 ? ['expiry.timestamp: an hour is the least'] : []),
    ...(expiry.snapshot < day ? ['expiry.snapshot: a day is the least'] : []),
    ...proxyProblems(trustedProxies),
    ...(limits.uploadSize > limits.uploadMemory ? ['limits.uploadMemory: is less than limits.uploadSize'] : []),
    ...(!metrics.enabled && metrics.listen !== '' ? ['metrics.listen: is used with metrics.enabled only'] : []),
  ]
}

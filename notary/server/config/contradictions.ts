import { proxyProblems, tlsProblems } from '../../../shared/web/config-problems.ts'
import type { NotaryConfig } from './schema.ts'

const day = 86_400_000

/** What of a configuration would have no effect, or cannot be had together; one sentence each. */
export function contradictionsIn(config: NotaryConfig): readonly string[] {
  const { signer, expiry, limits, metrics, trustedProxies } = config
  return [
    ...tlsProblems(config.tls),
    ...signerProblems(signer),
    ...(expiry.timestamp < day / 24 ? ['expiry.timestamp: an hour is the least'] : []),
    ...(expiry.snapshot < day ? ['expiry.snapshot: a day is the least'] : []),
    ...proxyProblems(trustedProxies),
    ...(limits.uploadSize > limits.uploadMemory ? ['limits.uploadMemory: is less than limits.uploadSize'] : []),
    ...(!metrics.enabled && metrics.listen !== '' ? ['metrics.listen: is used with metrics.enabled only'] : []),
  ]
}

function signerProblems({ mode, keyFile, passphraseFile, ...remote }: NotaryConfig['signer']): readonly string[] {
  const { address, ca, certificate, key } = remote
  const named = Object.entries({ address, ca, certificate, key })
  if (mode === 'local') {
    return [
      ...(keyFile !== '' && passphraseFile !== ''
        ? ['signer.passphraseFile: signer.keyFile is there, too, and one of them locks the keys']
        : []),
      ...named
        .filter(([, value]) => value !== '')
        .map(([name]) => `signer.${name}: is used with signer.mode remote only, and that is local`),
    ]
  }
  return [
    ...named
      .filter(([, value]) => value === '')
      .map(([name]) => `signer.${name}: is missing, and signer.mode is remote`),
    ...Object.entries({ keyFile, passphraseFile })
      .filter(([, value]) => value !== '')
      .map(([name]) => `signer.${name}: is used with signer.mode local only, and that is remote`),
  ]
}

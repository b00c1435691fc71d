import { isIP } from 'node:net'
import { longestHistory } from '../../service/tag-change.ts'
import type { ServerConfig } from './schema.ts'

/** What of a configuration would have no effect, or cannot be had together; one sentence each. */
export function contradictionsIn({
  tls,
  metrics,
  limits,
  history,
  token,
  events,
  trustedProxies,
}: ServerConfig): string[] {
  const { mode, certificate, key, names, clientCA } = tls
  const isFiles = mode === 'files'
  return [
    ...(isFiles && certificate === '' ? ['tls.certificate: is missing, and tls.mode is files'] : []),
    ...(isFiles && key === '' ? ['tls.key: is missing, and tls.mode is files'] : []),
    ...(!isFiles && certificate !== ''
      ? [`tls.certificate: is used with tls.mode files only, and that is ${mode}`]
      : []),
    ...(!isFiles && key !== '' ? [`tls.key: is used with tls.mode files only, and that is ${mode}`] : []),
    ...(mode !== 'auto' && names.length > 0 ? [`tls.names: is used with tls.mode auto only, and that is ${mode}`] : []),
    ...names.filter((name) => !isHost(name)).map((name) => `tls.names: ${JSON.stringify(name)} is no name of a host`),
    ...(mode === 'off' && clientCA.length > 0 ? ['tls.clientCA: needs TLS, and tls.mode is off'] : []),
    ...trustedProxies
      .filter((network) => network.endsWith('/0'))
      .map((network) => `trustedProxies: ${network} is everybody, and everybody could say that he is somebody else`),
    ...(history.keep >= longestHistory ? [`history.keep: of a tag ${longestHistory} moves are remembered`] : []),
    ...(token.life < 60_000 || token.life > 86_400_000
      ? ['token.life: clients count on a minute at least, and a day is the most']
      : []),
    ...(token.issuers.some(({ issuer }) => issuer === token.service)
      ? ['token.issuers: none can be called as token.service is']
      : []),
    ...(!token.enabled && token.issuers.length > 0 ? ['token.issuers: is used with token.enabled only'] : []),
    ...(limits.pageSize === 0 ? ['limits.pageSize: a page has one item at least'] : []),
    ...(events.limit === 0 ? ['events.limit: one event is kept at least, or none could be sent'] : []),
    ...(!metrics.enabled && metrics.listen !== '' ? ['metrics.listen: is used with metrics.enabled only'] : []),
  ]
}

/** An IP address, or a DNS name whose first part may be `*`. */
function isHost(name: string): boolean {
  return isIP(name) !== 0 || (name.length <= 253 && /^(?:\*\.)?[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*$/i.test(name))
}

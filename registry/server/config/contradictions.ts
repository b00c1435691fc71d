import { proxyProblems, tlsProblems } from '../../../shared/web/config-problems.ts'
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
  return [
    ...tlsProblems(tls),
    ...proxyProblems(trustedProxies),
    ...(history.keep >= longestHistory ? [`history.keep: of a tag ${longestHistory} moves are remembered`] : []),
    ...(token.life < 60_000 || token.life > 86_400_000
      ? ['token.life: clients count on a minute at least, and a day is the most']
      : []),
    ...(token.realm === '' && token.issuers.some(({ issuer }) => issuer === token.service)
      ? ['token.issuers: none can be called as token.service is, unless token.realm names where it gives tokens']
      : []),
    ...(!token.enabled && token.issuers.length > 0 ? ['token.issuers: is used with token.enabled only'] : []),
    ...(limits.pageSize === 0 ? ['limits.pageSize: a page has one item at least'] : []),
    ...(events.limit === 0 ? ['events.limit: one event is kept at least, or none could be sent'] : []),
    ...(!metrics.enabled && metrics.listen !== '' ? ['metrics.listen: is used with metrics.enabled only'] : []),
  ]
}

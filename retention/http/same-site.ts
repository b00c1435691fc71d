import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from '../../shared/web/further.ts'

/**
 * Refuses what a page of another site has a browser send, which would add the login that it remembers. Programs send neither of these
 * headers. Errors: Refusal with 403.
 */
export function refuseOtherSites({ headers }: { readonly headers: IncomingHttpHeaders }): void {
  const site = headers['sec-fetch-site']
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (isForeign || isOtherOrigin(headers)) throw new Refusal(403, 'a web page of another site may not ask for this')
}

/** By the host alone: a proxy in front may have the TLS. */
function isOtherOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return false
  const url = URL.parse(origin)
  return url === null || url.host !== host?.toLowerCase()
}

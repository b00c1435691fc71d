import { BadPattern, parsePattern } from '../../shared/base/name-pattern.ts'
import { problemOfPattern } from '../../shared/base/repository-pattern.ts'
import type { ImageName, PolicyRule } from './types.ts'

/** Other hosts where the Hub's images are. */
const hubHosts: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])
const plainHost = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/
const anyBelow = /^\*\.[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/

/**
 * A pattern for names of images: `**` for all, else a host and a pattern of repositories, such as `registry.example.com/team/**`.
 * The host is a name with optional port, `*` for any, or `*.example.com` for all below one. Upper case, the ports 80 and 443
 * and other spellings of ports and addresses make no other host, so that nobody gets around a rule by writing it differently. Errors: {@link BadPattern}.
 */
export function parseImagePattern(text: string): Pick<PolicyRule, 'text' | 'matches'> {
  if (text === '**') return { text, matches: () => true }
  const slash = text.indexOf('/')
  if (slash < 0) throw new BadPattern(`${JSON.stringify(text)} has no host: write HOST/NAME, HOST/** or **`)
  const isHost = hostMatcher(text.slice(0, slash))
  const path = text.slice(slash + 1)
  const problem = problemOfPattern(path)
  if (problem !== undefined) throw new BadPattern(`${JSON.stringify(text)}: the name behind the host ${problem}`)
  checkHub(text, path)
  const pattern = parsePattern(path)
  return { text, matches: (name) => isHost(usualHost(name.domain)) && pattern.matches(name.path) }
}

function hostMatcher(host: string): (domain: string) => boolean {
  if (host === '*') return () => true
  if (anyBelow.test(host)) {
    const ending = `.${usualHost(host.slice(2))}`
    return (domain) => domain.endsWith(ending) && domain.length > ending.length
  }
  const isHost = plainHost.test(host) && (host === 'localhost' || /[.:]/.test(host))
  if (!isHost)
    throw new BadPattern(`${JSON.stringify(host.slice(0, 80))} is no host: images of the Hub are docker.io/NAME`)
  const wanted = usualHost(host)
  return (domain) => domain === wanted
}

/**
 * A host as whoever connects to it understands it: zeros before a port, parts of an address that are left out or not decimal. One is
 * the same with and without the ports of https and http, and so is the Hub by all of its names.
 */
function usualHost(domain: ImageName['domain']): string {
  const host = (URL.parse(`https://${domain}`)?.host ?? domain.toLowerCase()).replace(/:80$/, '')
  return hubHosts.has(host) ? 'docker.io' : host
}

/** Docker's short names hide a part of the path. */
function checkHub(text: string, path: string): void {
  if (!text.startsWith('docker.io/') || path.includes('/') || path.includes('**')) return
  throw new BadPattern(`${JSON.stringify(text)} fits no image: official ones are docker.io/library/${path}`)
}

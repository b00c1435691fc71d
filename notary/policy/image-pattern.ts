import { BadPattern, parsePattern } from '../../shared/base/name-pattern.ts'
import { problemOfPattern } from '../../shared/base/repository-pattern.ts'
import type { ImageName, PolicyRule } from './types.ts'

/** Ports of https and http: a host is the same with and without them. */
const usualPort = /:(?:443|80)$/
const plainHost = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/
const anyBelow = /^\*\.[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/

/**
 * A pattern for names of images: `**` for all, else a host and a pattern of repositories, such as `registry.example.com/team/**`.
 * The host is a name with optional port, `*` for any, or `*.example.com` for all below one. Upper case and the ports 80 and 443 make
 * no other host, so that nobody gets around a rule by writing it differently. Errors: {@link BadPattern}.
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
    const ending = usualHost(host.slice(1))
    return (domain) => domain.endsWith(ending) && domain.length > ending.length
  }
  const isHost = plainHost.test(host) && (host === 'localhost' || /[.:]/.test(host))
  if (!isHost)
    throw new BadPattern(`${JSON.stringify(host.slice(0, 80))} is no host: images of the Hub are docker.io/NAME`)
  const wanted = usualHost(host)
  return (domain) => domain === wanted
}

function usualHost(domain: ImageName['domain']): string {
  return domain.toLowerCase().replace(usualPort, '')
}

/** Docker's short names hide a part of the path. */
function checkHub(text: string, path: string): void {
  if (!text.startsWith('docker.io/') || path.includes('/') || path.includes('**')) return
  throw new BadPattern(`${JSON.stringify(text)} fits no image: official ones are docker.io/library/${path}`)
}

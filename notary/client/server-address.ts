import { IbuildError } from '../../shared/base/errors.ts'
import type { Gun } from '../tuf/types.ts'

/** Where the Hub's collections are. */
const hubServer = 'https://notary.docker.io'
const hubNames: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** The host with optional port in the name of a collection; undefined for a name that has none. */
export function hostOfGun(gun: Gun): string | undefined {
  const [first = '', ...others] = gun.split('/')
  return others.length > 0 && /[.:]|^localhost$|[A-Z]/.test(first) ? first : undefined
}

/**
 * The trust server of a collection, as docker chooses it: the one that is named (DOCKER_CONTENT_TRUST_SERVER, or a policy), else that of
 * the Hub for its names, else the host of the image. Errors: USAGE for what is no https URL, and when nothing says which one.
 */
export function trustServerFor(gun: Gun, named: string | undefined): URL {
  if (named !== undefined && named !== '') return parseTrustServer(named)
  const host = hostOfGun(gun)
  if (host === undefined) {
    throw new IbuildError('USAGE', `the name ${gun} does not say which trust server has it`, {
      hint: 'Name it with --server or DOCKER_CONTENT_TRUST_SERVER.',
    })
  }
  return parseTrustServer(hubNames.has(host) ? hubServer : `https://${host}`)
}

/** The address of a trust server. Errors: USAGE. */
export function parseTrustServer(text: string): URL {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' && url.search === '' && url.hash === '' && url.username === '' && url.password === '')
    return url
  throw new IbuildError('USAGE', `valid https URL required for trust server, got ${JSON.stringify(shown(text))}`, {
    hint: 'Write it as https://HOST:PORT.',
  })
}

/** Without what may be a password. */
function shown(text: string): string {
  return text.slice(0, 200).replace(/\/\/[^/]*@/, '//')
}

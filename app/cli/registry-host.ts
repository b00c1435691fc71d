import { IbuildError } from '../../shared/base/errors.ts'
import { parseReference } from '../../shared/base/reference.ts'

/** The host of a registry as a user names it, without scheme: `docker.io` for the Hub and for nothing. Errors: USAGE. */
export function parseRegistryHost(text: string | undefined): string {
  if (text === undefined) return 'docker.io'
  const host = text.replace(/^https?:\/\//i, '').replace(/\/(?:v[12]\/?)?$/, '')
  if (['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'].includes(host.toLowerCase()))
    return 'docker.io'
  if (isHost(host)) return host
  throw new IbuildError('USAGE', `not the host of a registry: ${JSON.stringify(text.slice(0, 300))}`, {
    hint: 'Write it as HOST or HOST:PORT.',
  })
}

/** Taken as the first part of an image name, it must be the host of it. */
function isHost(host: string): boolean {
  if (host.includes('/')) return false
  try {
    return /[.:]|^localhost$/i.test(host) && parseReference(`${host}/x`).domain === host
  } catch {
    return false
  }
}

import { type CredentialSource, isHub } from '../../shared/net/auth/credentials.ts'
import type { AuthoritySources } from '../../shared/net/http/authorities.ts'
import { createHttpClient } from '../../shared/net/http/client.ts'
import { type Pace, slowestPace } from '../../shared/net/http/pace.ts'
import type { ProxySettings } from '../../shared/net/http/proxy.ts'
import type { HttpTimeouts } from '../../shared/net/http/types.ts'
import { pauseNotices, type RetryRules, usualRetries } from '../../shared/net/retry.ts'
import { createEndpoint, type Endpoint } from './endpoint.ts'
import { mirrorPlace, type Place, placeOf } from './hosts/places.ts'
import { type HostSettings, noHostSettings } from './hosts/settings.ts'
import { namesIn } from './listing.ts'
import { remoteRepository } from './repository.ts'
import { tlsOf } from './tls-of.ts'
import { Turns } from './turns.ts'
import type { RegistryClient } from './types.ts'

export interface RegistryClientOptions {
  /** `NAME/VERSION`. */
  readonly userAgent: string
  readonly hosts?: HostSettings | undefined
  readonly credentials?: CredentialSource | undefined
  readonly proxies?: ProxySettings | undefined
  readonly authorities?: AuthoritySources | undefined
  /** Folders with certificates for hosts; see {@link readHostCertificates}. */
  readonly certificateFolders?: readonly string[] | undefined
  /** Is told what a user should know though it is no error: a mirror that fails, say. */
  readonly onNotice?: ((text: string) => void) | undefined
  /** When given, registries are asked for what can be kept in place of a password, and it is told. */
  readonly onIdentity?: ((token: string) => void) | undefined
  readonly timeouts?: Partial<HttpTimeouts> | undefined
  readonly retries?: Partial<RetryRules> | undefined
  /** Blobs that come more slowly are given up; {@link slowestPace} unless told. */
  readonly slowest?: Pace | undefined
}

const nobody: CredentialSource = { find: () => Promise.resolve(undefined) }

/** A client of registries; nothing is asked or read before the first call. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { hosts = noHostSettings, credentials = nobody, onNotice = () => undefined, slowest = slowestPace } = options
  const client = createHttpClient({ ...options, tls: (host) => tlsOf(host, options) })
  const retries = { ...usualRetries, onPause: pauseNotices(onNotice), ...options.retries }
  const turns = new Turns()
  const failed = new Set<string>()
  const endpoints = new Map<string, Endpoint>()
  const endpointOf = (key: string, domain: string, place: () => Promise<Place>): Endpoint => {
    const endpoint =
      endpoints.get(key) ??
      createEndpoint({ client, place: place(), domain, credentials, retries, onNotice, onIdentity: options.onIdentity })
    endpoints.set(key, endpoint)
    return endpoint
  }
  const originOf = (domain: string): Endpoint => endpointOf(domain, domain, () => placeOf(domain, hosts))
  const mirrorsOf = (domain: string): Endpoint[] => {
    const mirrors = hosts.hosts.get(isHub(domain) ? 'docker.io' : domain.toLowerCase())?.mirrors ?? []
    return mirrors.map((mirror) =>
      endpointOf(`mirror ${mirror}`, mirror.replace(/^https?:\/\//, ''), () => mirrorPlace(mirror, hosts)),
    )
  }
  return {
    repository: (name) =>
      remoteRepository(name, {
        endpoint: originOf(name.domain),
        mirrors: mirrorsOf(name.domain),
        failed,
        retries,
        slowest,
        turns,
        onNotice,
      }),
    catalog: (domain, { signal } = {}) => {
      const what = `cannot list the repositories of ${domain}`
      const scopes = ['registry:catalog:*']
      return namesIn({ endpoint: originOf(domain), first: '/v2/_catalog?n=1000', what, scopes, signal }, 'repositories')
    },
    ping: async (domain, { signal } = {}) => {
      const what = `cannot speak to the registry ${domain}`
      const answer = await originOf(domain).send({
        method: 'GET',
        target: '/v2/',
        what,
        scopes: [],
        expect: [200],
        signal,
      })
      await answer.body.discard()
    },
    close: () => client.close(),
  }
}

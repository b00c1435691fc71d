import { createHttpClient } from '../../shared/net/http/client.ts'
import type { HttpTimeouts } from '../../shared/net/http/types.ts'
import { createEndpoint, type Endpoint } from './endpoint.ts'
import { namesIn } from './listing.ts'
import { remoteRepository } from './repository.ts'
import { type RetryRules, usualRetries } from './retry.ts'
import type { RegistryClient } from './types.ts'

export interface RegistryClientOptions {
  /** `NAME/VERSION`. */
  readonly userAgent: string
  readonly timeouts?: Partial<HttpTimeouts> | undefined
  readonly retries?: Partial<RetryRules> | undefined
}

/** A client of registries; nothing is asked before the first call. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const client = createHttpClient(options)
  const retries = { ...usualRetries, ...options.retries }
  const endpoints = new Map<string, Endpoint>()
  const endpointOf = (domain: string): Endpoint => {
    const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain
    const endpoint = endpoints.get(host) ?? createEndpoint({ client, host, retries })
    endpoints.set(host, endpoint)
    return endpoint
  }
  return {
    repository: (name) => remoteRepository(name, { endpoint: endpointOf(name.domain), retries }),
    catalog: (domain, { signal } = {}) =>
      namesIn(
        {
          endpoint: endpointOf(domain),
          first: '/v2/_catalog?n=1000',
          what: `cannot list the repositories of ${domain}`,
          signal,
        },
        'repositories',
      ),
    ping: async (domain, { signal } = {}) => {
      const what = `cannot speak to the registry ${domain}`
      const answer = await endpointOf(domain).send({ method: 'GET', target: '/v2/', what, expect: [200], signal })
      await answer.body.discard()
    },
    close: () => client.close(),
  }
}

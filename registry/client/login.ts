import type { Credentials } from '../../shared/net/auth/credentials.ts'
import { createRegistryClient, type RegistryClientOptions } from './client.ts'
import type { CallOptions } from './types.ts'

export interface Login extends CallOptions {
  /** Host, `docker.io` for the Hub. */
  readonly domain: string
  readonly credentials: Credentials
}

/**
 * Asks a registry whether it knows the credentials, and gives what is to be kept: a token in place of the password, where
 * the registry gives one. Errors: REGISTRY_DENIED when it does not know them, and those of the network.
 */
export async function checkLogin(
  options: RegistryClientOptions,
  { domain, credentials, signal }: Login,
): Promise<Credentials> {
  let kept = credentials
  const client = createRegistryClient({
    ...options,
    credentials: { find: () => Promise.resolve(credentials) },
    onIdentity: (token) => {
      kept = { kind: 'identity', token, username: 'username' in credentials ? credentials.username : undefined }
    },
  })
  try {
    await client.ping(domain, { signal })
    return kept
  } finally {
    await client.close()
  }
}

import { checkOptions } from '../../builder/check-options.ts'
import type { Publisher, RemoteImages } from '../../builder/ports.ts'
import type { HostRule } from '../../registry/client/hosts/settings.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import type { CredentialSource } from '../../shared/net/auth/credentials.ts'
import { lazyRegistries } from '../adapters/lazy-registries.ts'

/** Who we are for a registry. */
export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

/** What the library knows of registries: it reads neither the environment nor files of Docker. */
export interface RegistryOptions {
  /** Names and passwords by host with port, `docker.io` for the Hub; or a function that is asked for one. */
  readonly logins?:
    | Readonly<Record<string, RegistryLogin>>
    | ((host: string) => RegistryLogin | undefined | Promise<RegistryLogin | undefined>)
  /** Hosts that may do without TLS, or have any certificate; loopback always may. */
  readonly insecure?: readonly string[]
  /** Asked before a host, in this order, by host: `https://mirror.example.com`. */
  readonly mirrors?: Readonly<Record<string, readonly string[]>>
  /** What a registry is told who asks. */
  readonly userAgent?: string
}

/** Registries for `build`: where images come from that the store has not, and where outputs of type `registry` go. */
export interface BuildRegistries {
  readonly images: RemoteImages
  readonly publisher: Publisher
  /** Ends the connections; call it when nothing is built any more. */
  close(): Promise<void>
}

/**
 * Registries as `build` takes them: `build({ ...options, images, publisher })`. Nothing is asked before a build needs it.
 */
export function openRegistries(options: RegistryOptions = {}): BuildRegistries {
  const checked = checkOptions('openRegistries', options, [])
  const registries = lazyRegistries(async () => openClient(checked))
  return { images: registries.images, publisher: registries.publisher, close: async () => registries.close() }
}

/** Does work with a client that is closed at its end. */
export async function withClient<T>(
  options: RegistryOptions | undefined,
  work: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const client = await openClient(options ?? {})
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** A client that the caller closes. */
export async function openClient(options: RegistryOptions): Promise<RegistryClient> {
  const { insecure, mirrors, userAgent = 'ibuild' } = options
  const { createRegistryClient } = await import('../../registry/client/client.ts')
  return createRegistryClient({
    userAgent,
    hosts: { hosts: rulesOf(insecure, mirrors), insecureNetworks: [], isAllInsecure: false },
    credentials: credentialsOf(options),
  })
}

/** Who we are for each host. */
export function credentialsOf({ logins = {} }: Pick<RegistryOptions, 'logins'>): CredentialSource {
  const find = async (domain: string): Promise<RegistryLogin | undefined> =>
    typeof logins === 'function' ? logins(domain) : Object.hasOwn(logins, domain) ? logins[domain] : undefined
  return {
    find: async (domain) => {
      const login = await find(domain)
      return login && { kind: 'password', username: login.username, password: login.password }
    },
  }
}

function rulesOf(
  insecure: readonly string[] = [],
  mirrors: Readonly<Record<string, readonly string[]>> = {},
): ReadonlyMap<string, HostRule> {
  const hosts = new Set([...insecure, ...Object.keys(mirrors)])
  return new Map(
    [...hosts].map((host) => [
      host,
      { isInsecure: insecure.includes(host), mirrors: Object.hasOwn(mirrors, host) ? mirrors[host] : undefined },
    ]),
  )
}

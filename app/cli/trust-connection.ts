import { dirname, join } from 'node:path'
import type { TrustConnection } from '../trust/open-session.ts'
import { registryOptions } from './registry-client.ts'
import { dockerConfigFile } from './registry-settings.ts'

/** How trust servers are reached, by what the environment and files of docker say. Errors: USAGE, REGISTRIES_INVALID. */
export async function trustConnection(onNotice: (text: string) => void): Promise<TrustConnection> {
  const { userAgent, credentials, proxies, authorities, certificateFolders } = await registryOptions({
    isAllInsecure: false,
    onNotice,
  })
  return {
    userAgent,
    credentials: credentials ?? { find: async () => undefined },
    proxies,
    authorities,
    certificateFolders: [trustCertificates(process.env), ...(certificateFolders ?? [])],
    onNotice,
    inLine: 6,
  }
}

/** Where docker keeps certificates of trust servers: a folder for each HOST:PORT. */
export function trustCertificates(env: Readonly<Record<string, string | undefined>>): string {
  return join(dirname(dockerConfigFile(env)), 'tls')
}

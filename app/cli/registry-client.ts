import type { RegistryClient } from '../../registry/client/types.ts'
import { version } from './version.ts'

/** The client of registries for a command. The caller closes it. */
export async function openRegistryClient(): Promise<RegistryClient> {
  const { createRegistryClient } = await import('../../registry/client/client.ts')
  return createRegistryClient({ userAgent: `ibuild/${version()}` })
}

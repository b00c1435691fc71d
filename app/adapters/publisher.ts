import type { Publisher } from '../../builder/ports.ts'
import type { RegistryClient } from '../../registry/client/types.ts'

/** Images are published to the repositories of registries. */
export function publisher(client: RegistryClient): Publisher {
  return { repository: ({ domain, path }) => client.repository({ domain, path }) }
}

import { httpSource } from '../../notary/client/http-source.ts'
import { trustServerFor } from '../../notary/client/server-address.ts'
import { createTrustServer, type TrustServer, type TrustServerOptions } from '../../notary/client/trust-server.ts'
import type { MetadataSource } from '../../notary/verifier/types.ts'
import type { CollectionAccess } from './trusted-collections.ts'

/** Sources of metadata by the servers that have them; each is connected to once. */
export interface TrustServers extends Pick<CollectionAccess, 'source'> {
  close(): Promise<void>
}

/** `usual` is asked where no other server is named; without it, the one that the name of a collection leads to. */
export function trustServers(connection: Omit<TrustServerOptions, 'url'>, usual: string | undefined): TrustServers {
  const servers = new Map<string, { readonly server: TrustServer; readonly source: MetadataSource }>()
  return {
    source(gun, named) {
      const url = trustServerFor(gun, named ?? usual)
      const known = servers.get(url.href)
      if (known !== undefined) return known.source
      const server = createTrustServer({ ...connection, url })
      const source = httpSource(server)
      servers.set(url.href, { server, source })
      return source
    },
    close: async () => {
      await Promise.all([...servers.values()].map(async ({ server }) => server.close()))
    },
  }
}

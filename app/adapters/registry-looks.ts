import type { RegistryClient } from '../../registry/client/types.ts'
import { cosignEvidence } from './cosign-evidence.ts'
import type { RegistryLooks } from './image-verifier.ts'
import { signatureRegistry } from './signature-registry.ts'

/** What registries say beside collections: tags, and the signatures that lie beside images. */
export function registryLooks(client: () => Promise<RegistryClient>): RegistryLooks {
  return {
    resolve: async (reference, options) => {
      const found = await (await client()).repository(reference).resolve(reference.tag ?? 'latest', options)
      return found?.digest
    },
    cosign: async (requirement, { name, digest }, { signal }) => {
      const reader = signatureRegistry((await client()).repository(name))
      return cosignEvidence(requirement, { reader, digest }, signal)
    },
  }
}

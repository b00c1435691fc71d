import { findSigners } from '../../notary/cosign/find-signers.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { RegistryLooks } from './image-verifier.ts'
import { signatureRegistry } from './signature-registry.ts'

/** What registries say beside collections: tags, and the signatures that lie beside images. */
export function registryLooks(client: () => Promise<RegistryClient>): RegistryLooks {
  return {
    resolve: async (reference, options) => {
      const found = await (await client()).repository(reference).resolve(reference.tag ?? 'latest', options)
      return found?.digest
    },
    cosign: async ({ keys, threshold }, { name, digest }, { signal }) => {
      const reader = signatureRegistry((await client()).repository(name))
      try {
        return { signers: await findSigners(reader, digest, { keys, enough: threshold, signal }) }
      } catch (error) {
        if (!isIbuildError(error) || isIbuildError(error, 'CANCELLED')) throw error
        return { failure: error } // it could not be looked: that is not the same as no signature
      }
    },
  }
}

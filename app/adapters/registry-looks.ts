import type { RegistryClient } from '../../registry/client/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { RegistryLooks } from './image-verifier.ts'

/** What registries say beside collections: tags, and the signatures that lie beside images. */
export function registryLooks(client: () => Promise<RegistryClient>): RegistryLooks {
  return {
    resolve: async (reference, options) => {
      const found = await (await client()).repository(reference).resolve(reference.tag ?? 'latest', options)
      return found?.digest
    },
    cosign: async () => ({ failure: new IbuildError('NOT_SUPPORTED', 'signatures of cosign are not looked at yet') }),
  }
}

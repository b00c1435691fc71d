import type { SignatureReader } from '../../notary/cosign/types.ts'
import { RegistryError } from '../../registry/protocol/error.ts'
import { parseManifestRef, type RepositoryName } from '../../registry/protocol/names.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { wholeBlob } from '../../registry/service/whole-blob.ts'
import { IbuildError } from '../../shared/base/errors.ts'

const pageItems = 100

/** Signatures beside images in a registry of this process. Errors: TRUST_UNREACHABLE for what cannot be read. */
export function ownSignatures(service: RegistryService, name: RepositoryName): SignatureReader {
  return {
    manifest: async (text) => {
      const ref = parseManifestRef(text)
      return orNothing(async () => service.manifests.peek(name, ref) ?? service.manifests.get(name, ref))
    },
    blob: async ({ digest, size }) => {
      const bytes = await orNothing(() => wholeBlob(service.blobs, name, { digest, most: size }))
      if (bytes?.byteLength === size) return bytes
      const problem = bytes === undefined ? 'is not there' : 'has fewer bytes than it should'
      throw new IbuildError('TRUST_UNREACHABLE', `${digest}, which belongs to a signature, ${problem}`)
    },
    async *referrers(subject, artifactType) {
      for (let last: string | undefined; ; ) {
        const page = { count: pageItems, last }
        const { items, next } = await service.referrers(name, subject, { artifactType, page })
        yield* items
        if (next === undefined) return
        last = next
      }
    },
  }
}

/** Nothing for what is not there; what is damaged is an error. */
async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause
    if (cause.status === 404) return undefined
    throw new IbuildError('TRUST_UNREACHABLE', `a signature cannot be read: ${cause.message}`, { cause })
  }
}

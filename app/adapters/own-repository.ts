import type { CopyTarget } from '../../registry/client/images/types.ts'
import { RegistryError } from '../../registry/protocol/error.ts'
import { parseManifestRef, type RepositoryName } from '../../registry/protocol/names.ts'
import type { Requester } from '../../registry/service/occurrence.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { algorithmOf, type Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { ownRequester } from './own-requester.ts'

/** A repository of a registry of this process, to copy to. `actor`: who history and events say did it. Errors: RegistryErrors. */
export function ownRepository(service: RegistryService, name: RepositoryName, actor: string): CopyTarget {
  const lease = async (digest: Digest): Promise<void> => service.lease(name, digest)
  return {
    name: { domain: '', path: name },
    resolve: async (ref) => {
      const found = await orNothing(async () => service.manifests.get(name, parseManifestRef(ref)))
      if (found === undefined) return undefined
      await lease(found.digest)
      return { mediaType: found.mediaType, digest: found.digest, size: found.bytes.byteLength }
    },
    hasBlob: async (digest) => {
      await lease(digest)
      return (await orNothing(() => service.blobs.size(name, digest))) !== undefined
    },
    pushBlob: async (descriptor, open, { signal, onProgress } = {}) => {
      await upload(service, {
        name,
        descriptor,
        bytes: counted(open(), onProgress, signal),
        by: ownRequester(actor, 'PUT'),
      })
      return 'sent'
    },
    putManifest: async (ref, { bytes, mediaType }) => {
      await service.manifests.put(name, parseManifestRef(ref), {
        bytes,
        contentType: mediaType,
        by: ownRequester(actor, 'PUT'),
      })
    },
  }
}

interface Upload {
  readonly name: RepositoryName
  readonly descriptor: Descriptor
  readonly bytes: AsyncIterable<Uint8Array>
  readonly by: Requester
}

/** What breaks off is not gone on with: nobody else knows of it. */
async function upload({ uploads }: RegistryService, { name, descriptor, bytes, by }: Upload): Promise<void> {
  const { digest, size: length } = descriptor
  const { id } = await uploads.start(name, { algorithm: algorithmOf(digest), length })
  try {
    await uploads.append(name, id, { bytes, length })
    await uploads.finish(name, id, { digest, by })
  } catch (error) {
    await uploads.cancel(name, id).catch(() => undefined) // it is gone already where the digest was wrong
    throw error
  }
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  onProgress: ((sent: number) => void) | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let sent = 0
  for await (const piece of pieces) {
    signal?.throwIfAborted()
    yield piece
    sent += piece.byteLength
    onProgress?.(sent)
  }
}

async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined
    throw error
  }
}

import type { SignatureReader } from '../../notary/cosign/types.ts'
import { RegistryError } from '../../registry/protocol/error.ts'
import { parseManifestRef, type RepositoryName } from '../../registry/protocol/names.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'

const pageItems = 100

/** Signatures beside images in a registry of this process. Errors: TRUST_UNREACHABLE for what cannot be read. */
export function ownSignatures(service: RegistryService, name: RepositoryName): SignatureReader {
  return {
    manifest: async (text) => {
      const ref = parseManifestRef(text)
      return orNothing(async () => service.manifests.peek(name, ref) ?? service.manifests.get(name, ref))
    },
    blob: async (descriptor) => {
      const bytes = await orNothing(() => readBlob(service, name, descriptor))
      if (bytes !== undefined) return bytes
      throw new IbuildError('TRUST_UNREACHABLE', `${descriptor.digest}, which belongs to a signature, is not there`)
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

async function readBlob(
  { blobs }: RegistryService,
  name: RepositoryName,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  const known = blobs.peek(name, digest)
  if (known?.byteLength === size) return known
  const reader = await blobs.open(name, digest)
  try {
    const bytes = Buffer.alloc(Math.min(size, reader.size))
    for (let at = 0; at < bytes.length; ) {
      const count = await reader.read(bytes.subarray(at), at)
      if (count === 0) break
      at += count
    }
    if (reader.size === size && digestOf(bytes) === digest) return bytes
    throw new IbuildError(
      'TRUST_UNREACHABLE',
      `${digest}, which belongs to a signature, has other bytes than it should`,
    )
  } finally {
    await reader.close()
  }
}

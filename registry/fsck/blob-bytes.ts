import { algorithmOf, type Digest, digestOf } from '../../shared/base/digest.ts'
import { mostManifestBytes } from '../protocol/manifest.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import { nodeFiles } from '../storage/files.ts'
import type { HashPool } from '../storage/intake/hash-pool.ts'
import { createSlabs } from '../storage/intake/slabs.ts'
import { verifyContent } from '../storage/intake/verify-content.ts'
import { blobPlace, type RegistryLayout } from '../storage/layout.ts'
import type { BlobBytes } from './types.ts'

/** Looks at files, without a driver: that would make folders. */
export function createBlobBytes(
  layout: RegistryLayout,
  { hashes, signal }: { readonly hashes: HashPool; readonly signal?: AbortSignal | undefined },
): BlobBytes {
  const slabs = createSlabs()
  const pathOf = (digest: Digest): string => blobPlace(layout, digest).file
  const withFile = async <T>(digest: Digest, work: (reader: BlobReader) => Promise<T>): Promise<T | undefined> => {
    const file = await nodeFiles.open(pathOf(digest), 'read')
    if (file === undefined) return undefined
    try {
      return await work({
        size: file.look().size,
        read: (target, position) => file.read(target, position),
        close: () => file.close(),
      })
    } finally {
      await file.close()
    }
  }
  return {
    size: (digest) => nodeFiles.size(pathOf(digest)),
    whole: async (digest) => (await withFile(digest, (reader) => readWhole(digest, reader))) ?? 'missing',
    isIntact: async (digest) =>
      (await withFile(digest, (reader) => verifyContent(digest, reader, { hashes, slabs, signal }))) === true,
  }
}

async function readWhole(digest: Digest, reader: BlobReader): Promise<Uint8Array | 'corrupt'> {
  if (reader.size > mostManifestBytes) return 'corrupt'
  const bytes = new Uint8Array(reader.size)
  const count = await reader.read(bytes, 0).catch(() => -1)
  return count === bytes.byteLength && digestOf(bytes, algorithmOf(digest)) === digest ? bytes : 'corrupt'
}

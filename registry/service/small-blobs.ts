import { algorithmOf, type Digest, digestOf } from '../../shared/base/digest.ts'
import { Recent } from '../../shared/base/recent.ts'
import type { BlobReader } from '../storage/blob-types.ts'

/** Small blobs as they were read and verified: configs, mostly. */
export interface SmallBlobs {
  get(digest: Digest): Uint8Array | undefined
  /** Reads a small blob whole and keeps it; false when it cannot be read, or is not what its digest says. A large one is left alone. */
  read(digest: Digest, reader: BlobReader): Promise<boolean>
  delete(digest: Digest): void
}

const kibibyte = 1024
const largest = 64 * kibibyte
const together = 32 * kibibyte * kibibyte

export function createSmallBlobs(): SmallBlobs {
  const known = new Recent<Digest, Uint8Array>(together, ({ byteLength }) => byteLength + 200)
  return {
    get: (digest) => known.get(digest),
    read: async (digest, reader) => {
      if (reader.size > largest) return true
      const bytes = new Uint8Array(reader.size)
      const count = await readFully(reader, bytes).catch(() => 0)
      if (count < bytes.byteLength) return false
      if (digestOf(bytes, algorithmOf(digest)) !== digest) return false
      known.set(digest, bytes)
      return true
    },
    delete: (digest) => known.delete(digest),
  }
}

async function readFully(reader: BlobReader, target: Uint8Array): Promise<number> {
  let done = 0
  while (done < target.byteLength) {
    const count = await reader.read(target.subarray(done), done)
    if (count === 0) break
    done += count
  }
  return done
}

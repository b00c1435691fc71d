import { createHash } from 'node:crypto'
import { algorithmOf, type Digest, digestFromHash } from '../../shared/base/digest.ts'
import type { BlobReader } from '../storage/blob-types.ts'

const piece = 256 * 1024

/** True when all bytes of a blob can be read and have its digest. */
export async function isIntact(digest: Digest, reader: BlobReader): Promise<boolean> {
  const hash = createHash(algorithmOf(digest))
  const buffer = new Uint8Array(Math.min(piece, reader.size))
  try {
    for (let position = 0; position < reader.size; ) {
      const count = await reader.read(buffer, position)
      if (count === 0) return false
      hash.update(buffer.subarray(0, count))
      position += count
    }
  } catch {
    return false
  }
  return digestFromHash(hash.digest(), algorithmOf(digest)) === digest
}

import { algorithmOf, type Digest, digestOf } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { BlobService } from './types.ts'

interface Wanted {
  readonly digest: Digest
  /** Bytes. */
  readonly most: number
}

/**
 * All bytes of a blob of a repository, held against its digest. Errors: those of `open`, and UNKNOWN for other bytes than it should have, or
 * more than are wanted.
 */
export async function wholeBlob(
  blobs: BlobService,
  name: RepositoryName,
  { digest, most }: Wanted,
): Promise<Uint8Array> {
  const known = blobs.peek(name, digest)
  if (known !== undefined && known.byteLength <= most) return known
  const bytes = await readBlob(blobs, name, { digest, most })
  if (bytes.byteLength <= most && digestOf(bytes, algorithmOf(digest)) === digest) return bytes
  throw new RegistryError('UNKNOWN', `the blob ${digest} has other bytes than it should, or more than ${most}`)
}

/** One byte more than is wanted at most. */
async function readBlob(blobs: BlobService, name: RepositoryName, { digest, most }: Wanted): Promise<Uint8Array> {
  const reader = await blobs.open(name, digest)
  try {
    const bytes = new Uint8Array(Math.min(reader.size, most + 1))
    return bytes.subarray(0, await reader.read(bytes, 0))
  } finally {
    await reader.close()
  }
}

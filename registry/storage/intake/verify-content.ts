import { algorithmOf, type Digest } from '../../../shared/base/digest.ts'
import type { BlobReader } from '../blob-types.ts'
import type { HashPool } from './hash-pool.ts'
import type { Slabs } from './slabs.ts'

export interface VerifyOptions {
  readonly hashes: HashPool
  readonly slabs: Slabs
  readonly signal?: AbortSignal | undefined
  /** Is told of bytes that were read, and waited for before more are: whoever reads slowly waits here. */
  readonly onRead?: ((count: number) => Promise<void> | void) | undefined
}

/**
 * Reads all bytes of a blob and tells whether they have its digest; false as well when they cannot be read. They are hashed by
 * another thread. Errors: the signal's reason, those of the pool.
 */
export async function verifyContent(digest: Digest, reader: BlobReader, options: VerifyOptions): Promise<boolean> {
  const { hashes, slabs, signal, onRead } = options
  const [hash, slab] = [hashes.begin(algorithmOf(digest)), slabs.take()]
  let isEnded = false
  try {
    for (let position = 0; position < reader.size; ) {
      signal?.throwIfAborted()
      const count = await reader.read(slab, position).catch(() => 0)
      if (count === 0) return false
      await hash.update(slab.subarray(0, count))
      position += count
      await onRead?.(count)
    }
    isEnded = true
    return (await hash.digest()) === digest
  } finally {
    slabs.give(slab)
    if (!isEnded) hash.forget()
  }
}

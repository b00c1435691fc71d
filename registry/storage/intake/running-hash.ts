import { createHash } from 'node:crypto'
import { type Digest, type DigestAlgorithm, digestFromHash } from '../../../shared/base/digest.ts'

import type { Slab } from './slabs.ts'

/** A digest that is being made of bytes as they come. */
export interface RunningHash {
  /** Takes the next bytes, which may change when it resolves. Rejects when the hash is lost. */
  update(bytes: Slab): Promise<void>
  /** The digest of all bytes; nothing may be added after. */
  digest(): Promise<Digest>
  /** Ends it without a digest. */
  forget(): void
}

/** Hashes at once, on the thread that asks: for small contents. */
export function hashInline(algorithm: DigestAlgorithm): RunningHash {
  const hash = createHash(algorithm)
  return {
    update: async (bytes) => {
      hash.update(bytes)
    },
    digest: async () => digestFromHash(hash.digest(), algorithm),
    forget: () => undefined,
  }
}

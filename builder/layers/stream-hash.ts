import { createHash } from 'node:crypto'
import { type Digest, type DigestAlgorithm, digestFromHash } from '../../shared/base/digest.ts'

/** A digest that is made piece by piece. */
export interface StreamHash {
  update(bytes: Uint8Array): void
  /** Ends it; call once. */
  digest(): Digest
}

export function streamHash(algorithm: DigestAlgorithm = 'sha256'): StreamHash {
  const hash = createHash(algorithm)
  return {
    update: (bytes) => {
      hash.update(bytes)
    },
    digest: () => digestFromHash(hash.digest(), algorithm),
  }
}

import { IbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'

export interface SizedOptions {
  /** So many bytes are left out at the beginning. */
  readonly from?: number
  /** Is told how many bytes, those left out included, were taken so far. */
  readonly onProgress?: ((sent: number) => void) | undefined
}

/** A content that must have the size of its descriptor. Errors: DIGEST_MISMATCH. */
export async function* sizedContent(
  content: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  { from = 0, onProgress }: SizedOptions = {},
): AsyncGenerator<Uint8Array> {
  let taken = 0
  for await (const piece of content) {
    const skipped = Math.min(piece.length, Math.max(0, from - taken))
    taken += piece.length
    if (taken > size) break
    if (skipped < piece.length) {
      yield skipped === 0 ? piece : piece.subarray(skipped)
      onProgress?.(taken)
    }
  }
  if (taken !== size) {
    throw new IbuildError(
      'DIGEST_MISMATCH',
      `the content of ${digest} has ${taken > size ? 'more than' : `${taken} of`} ${size} bytes`,
    )
  }
}

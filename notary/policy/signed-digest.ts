import { algorithmOf, type Digest, digestFromHash, hexOf } from '../../shared/base/digest.ts'
import type { Target } from '../tuf/types.ts'

/** The digest by which signed content is fetched. */
export function signedDigest({ sha256 }: Target): Digest {
  return digestFromHash(sha256)
}

/** True when a digest, of whichever algorithm, is one that was signed. */
export function hasDigest({ sha256, sha512 }: Target, digest: Digest): boolean {
  const hash = algorithmOf(digest) === 'sha512' ? sha512 : sha256
  return hash?.equals(Buffer.from(hexOf(digest), 'hex')) === true
}

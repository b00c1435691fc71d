import type { Digest } from '../../shared/base/digest.ts'

/** A manifest of a repository, as it was pushed. */
export interface StoredManifest {
  /** As asked for, or what the tag was pushed as: a manifest pushed by sha512 has that one. */
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Uint8Array
}

import type { Digest } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { formatReference, parseReference, withDefaultTag } from '../../shared/base/reference.ts'

/** An image found in an archive: its config, and the files of its layers, the base first. */
export interface ArchivedImage {
  readonly config: Buffer
  readonly layers: readonly { readonly file: string; readonly digest: Digest | undefined }[]
  /** Full names. */
  readonly names: readonly string[]
  /** Of the manifest. */
  readonly annotations: ReadonlyMap<string, string>
}

/** What an archive names and is not loaded. */
export interface SkippedImage {
  readonly digest: Digest
  readonly reason: 'other platform' | 'no image'
  readonly platform?: string
}

export interface FoundImages {
  readonly images: readonly ArchivedImage[]
  readonly skipped: readonly SkippedImage[]
}

/** Most bytes of a manifest, an index or a config. */
export const maxDocument = 4 * 1024 * 1024

/** Undefined for what is not a name with or without a tag. */
export function archivedName(text: string): string | undefined {
  try {
    const reference = withDefaultTag(parseReference(text))
    return reference.digest === undefined ? formatReference(reference) : undefined
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID', 'DIGEST_INVALID')) return undefined
    throw error
  }
}

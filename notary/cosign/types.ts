import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'

/** A manifest of a registry, its digest verified. */
export interface StoredManifest {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/**
 * One repository of a registry, as much of it as signatures need. What is given was verified against digest and size. What goes
 * wrong on the way rejects: it is never the same as that there is nothing.
 */
export interface SignatureReader {
  /** A tag or digest; undefined when there is none. */
  manifest(ref: string, signal?: AbortSignal): Promise<StoredManifest | undefined>
  /** Of at most `descriptor.size` bytes. */
  blob(descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array>
  /** Manifests of a type whose subject is `subject`; what is listed may be of another type all the same. */
  referrers(subject: Digest, artifactType: string, signal?: AbortSignal): AsyncIterable<Descriptor>
}

export interface SignatureRegistry extends SignatureReader {
  /** Makes sure that a blob is there. */
  putBlob(descriptor: Descriptor, bytes: Uint8Array, signal?: AbortSignal): Promise<void>
  /** With `expected` only if the tag is that now, or not there. Errors: TAG_CHANGED. */
  putManifest(ref: string, manifest: StoredManifest, options: PutOptions): Promise<void>
}

export interface PutOptions {
  readonly expected?: Digest | 'absent' | undefined
  readonly signal?: AbortSignal | undefined
}

/** Where a signature is put: beside the image as what refers to it, or under a tag that is named after the image's digest. */
export type CosignForm = 'bundle' | 'tag'

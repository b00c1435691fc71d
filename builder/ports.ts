import type { ContentTries } from '../shared/base/content-tries.ts'
import type { Digest } from '../shared/base/digest.ts'
import type { Reference } from '../shared/base/reference.ts'
import type { Descriptor } from '../shared/oci/descriptor.ts'
import type { Platform } from '../shared/oci/platform.ts'

/** Images that are not in the store: what FROM, COPY --from and pull find by a name, wherever that is. */
export interface RemoteImages {
  /**
   * The image for one platform. Undefined when the place says that there is none; any other trouble, such as a place
   * that does not answer, is an error.
   */
  find(reference: Reference, options: FindOptions): Promise<RemoteImage | undefined>
  /** The content of a blob of a repository, verified when the last piece has come: layers whose image was found long ago. */
  content(repository: RepositoryName, descriptor: Descriptor, options?: ContentOptions): AsyncIterable<Uint8Array>
}

/** A repository of a registry. */
export type RepositoryName = Pick<Reference, 'domain' | 'path'>

/** What an image is looked for with. */
export interface FindOptions {
  readonly platform: Platform
  /** Bytes that what the digest of the reference names must have, because somebody signed so. TRUST_CONTENT when it has others. */
  readonly size?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Decides by signatures which content a name means, before anything of it is used. */
export interface ImageVerifier {
  /** What was signed under the name; undefined where nothing has to be signed. Errors: TRUST_*. */
  verify(reference: Reference, options?: FetchOptions): Promise<VerifiedContent | undefined>
  /** Lets an image in, or not, that is given by its ID, so that no signature can be looked for. Errors: TRUST_*. */
  checkUnnamed(text: string): Promise<void>
}

/** A manifest or an index that may be used; what it names may be as well. */
export interface VerifiedContent {
  readonly digest: Digest
  /** Its bytes; undefined when nobody signed a length. */
  readonly size: number | undefined
}

/** Manifest and config are there, verified; layers are fetched when they are read. */
export interface RemoteImage {
  /** As found: with the digest of what was asked for. */
  readonly reference: Reference
  /** Of the manifest. */
  readonly descriptor: Descriptor
  /** The index that was asked for, when the manifest was found through one. */
  readonly index?: Descriptor | undefined
  readonly manifest: Uint8Array
  readonly config: Uint8Array
  /** A manifest that lies beside the image, such as the one with the indexes of its layers. At most 4 MiB. */
  document(digest: Digest, options?: FetchOptions): Promise<Uint8Array | undefined>
  /** The content of a blob of the image's repository, verified when the last piece has come. */
  content(descriptor: Descriptor, options?: ContentOptions): AsyncIterable<Uint8Array>
}

/** What every call to another place takes. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined
}

/** What content is fetched with. */
export interface ContentOptions extends FetchOptions {
  /** Lets work with the content be done again when it comes from a place whose content is wrong. */
  readonly tries?: ContentTries | undefined
}

/** Signs what was pushed under its digest, before any tag leads to it. */
export interface ImageSigner {
  /**
   * Resolves when such tags of a repository could be signed, whatever they will mean: asked before anything is built or sent, so that a
   * key that is missing or stays locked is known at once. Errors as of `sign`.
   */
  checkSign?(repository: RepositoryName, tags: readonly string[], options?: FetchOptions): Promise<void>
  /** Resolves when everybody can see that the tags of a repository are to mean this. Errors: TRUST_*, KEY_*, PASSPHRASE_*. */
  sign(repository: RepositoryName, content: TaggedContent, options?: FetchOptions): Promise<void>
}

/** A manifest or an index, and what it is to be called. */
export interface TaggedContent {
  readonly tags: readonly string[]
  readonly digest: Digest
  /** Its bytes. */
  readonly size: number
}

/** Where images are published: the repositories of registries. */
export interface Publisher {
  repository(name: RepositoryName): PublishTarget
}

/** One repository that takes an image: blobs first, then what names them. */
export interface PublishTarget {
  /** Asks whether one may push here; nothing is left behind. Errors: those of the registry. */
  checkPush(options?: FetchOptions): Promise<void>
  hasBlob(digest: Digest, options?: FetchOptions): Promise<boolean>
  /** Gives the repository a blob of another one of the same host, without bytes; false when the registry would not. */
  mount(digest: Digest, from: string, options?: FetchOptions): Promise<boolean>
  /** `open` is called once for each try, and not at all when nothing has to be sent. */
  pushBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options?: PublishOptions,
  ): Promise<'present' | 'mounted' | 'sent'>
  /** Sends what becomes known only while it is made. */
  pushStream(
    content: AsyncIterable<Uint8Array>,
    options?: PublishOptions,
  ): Promise<{ readonly digest: Digest; readonly size: number }>
  /** Under a tag or its own digest. */
  putManifest(
    ref: string,
    manifest: { readonly mediaType: string; readonly digest: Digest; readonly bytes: Uint8Array },
    options?: FetchOptions,
  ): Promise<void>
}

/** What a blob is sent with. */
export interface PublishOptions extends FetchOptions {
  /** True when the repository was just asked for the blob, or nobody is known to have it: it is not asked before the first try. */
  readonly isMissing?: boolean
  /** Repositories of the same host that may have the blob. */
  readonly mountFrom?: readonly string[]
  /** Is told how many bytes were sent so far. */
  readonly onProgress?: (sent: number) => void
}

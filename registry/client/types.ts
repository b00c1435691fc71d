import type { ContentTries } from '../../shared/base/content-tries.ts'
import type { Digest } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'

/**
 * A client of registries (OCI distribution-spec): finds hosts, mirrors, certificates, proxies and credentials by itself, keeps
 * connections and tokens, tries again what failed for a while. Errors are IbuildErrors with codes REGISTRY_*, UNAUTHORIZED
 * ones too; see docs/errors.md. Every byte is verified before it counts; nothing is kept by the client.
 */
export interface RegistryClient {
  /** `domain` and `path` as in a {@link Reference}; nothing is asked yet. */
  repository(name: RemoteName): RemoteRepository
  /** Names of repositories of a host, as it lists them. */
  catalog(domain: string, options?: CallOptions): AsyncIterable<string>
  /** Asks whether there is a registry that lets us in; used by login. */
  ping(domain: string, options?: CallOptions): Promise<void>
  close(): Promise<void>
}

export interface RemoteName {
  /** Host with optional port, `docker.io` for the Hub. */
  readonly domain: string
  /** Repository on that host. */
  readonly path: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface LookOptions extends CallOptions {
  /** True asks the host itself and none of its mirrors, whose answers may be old: for whoever is about to change something. */
  readonly current?: boolean | undefined
}

export interface BlobOptions extends CallOptions {
  /** Told what mirrors send, so that work with it can be done again without those that were wrong. */
  readonly tries?: ContentTries | undefined
}

export interface RemoteRepository {
  readonly name: RemoteName
  /** A manifest or index, at most 4 MiB; a digest is verified. MANIFEST_UNKNOWN as undefined. */
  manifest(ref: string, options?: LookOptions): Promise<RemoteManifest | undefined>
  /** Its descriptor alone, without the content. */
  resolve(ref: string, options?: LookOptions): Promise<Descriptor | undefined>
  /**
   * The content of a blob, verified: the last piece comes only when digest and size are right. A connection that breaks is
   * resumed where it was. When a mirror sent something wrong, the content fails, and the mirror is not used again.
   */
  blob(descriptor: Descriptor, options?: BlobOptions): AsyncIterable<Uint8Array>
  hasBlob(digest: Digest, options?: CallOptions): Promise<boolean>
  /** Asks whether one may push here: begins an upload and cancels it. REGISTRY_DENIED. */
  checkPush(options?: CallOptions): Promise<void>
  /** Makes the blob one of the repository. `open` is called once for each try, and not at all when there is nothing to send. */
  pushBlob(descriptor: Descriptor, open: () => AsyncIterable<Uint8Array>, options?: PushOptions): Promise<PushedHow>
  /** Sends content whose digest is known only when it was read; it is computed on the way. Not tried again when it is long. */
  pushStream(content: AsyncIterable<Uint8Array>, options?: PushOptions): Promise<SentBlob>
  /** Gives the repository a blob of another one of the same host, without bytes; false when the registry would not. */
  mount(digest: Digest, from: string, options?: CallOptions): Promise<boolean>
  /** TAG_CHANGED when the tag is not as expected. */
  putManifest(ref: string, manifest: RemoteManifest, options?: PutManifestOptions): Promise<void>
  tags(options?: CallOptions): AsyncIterable<string>
  /** Through the referrers API, or the tag that stands for it where there is none. */
  referrers(subject: Digest, options?: ReferrersOptions): AsyncIterable<Descriptor>
  /** A tag or digest. False when there was none. */
  removeManifest(ref: string, options?: CallOptions): Promise<boolean>
  removeBlob(digest: Digest, options?: CallOptions): Promise<boolean>
}

export interface RemoteManifest {
  readonly mediaType: string
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** What a tag has to be before it is set: that digest, or not there. */
export type ExpectedTag = Digest | 'absent'

export interface PutManifestOptions extends CallOptions {
  readonly expected?: ExpectedTag | undefined
  /** Is told when the registry did not say that it held the tag against what was expected: it may have set it whatever it was. */
  readonly onUnchecked?: (() => void) | undefined
}

export interface PushOptions extends CallOptions {
  /** True when the repository was just asked for the blob, and has it not: it is not asked again before the first try. */
  readonly isMissing?: boolean | undefined
  /** Repositories of the same host that may have the blob: it is mounted from the first that has it. */
  readonly mountFrom?: readonly string[] | undefined
  /** Is told how many bytes were sent so far. */
  readonly onProgress?: ((sent: number) => void) | undefined
}

export type PushedHow = 'present' | 'mounted' | 'sent'

export interface SentBlob {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

export interface ReferrersOptions extends CallOptions {
  readonly artifactType?: string | undefined
}

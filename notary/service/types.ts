import type { Gun, KeyID, PublicKey, RoleName, ServerRole } from '../tuf/types.ts'

/** Holds the keys of a server: snapshot and timestamp keys of collections. In this process, or in another one. */
export interface Signer {
  /**
   * A key for the role: one that was made for it before and never signed anything, else a new one, durable before this resolves. So
   * whoever asks twice gets the same key twice. Errors: SIGNER_UNAVAILABLE.
   */
  createKey(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** A key that is held; undefined for others. Errors: SIGNER_UNAVAILABLE. */
  publicKey(id: KeyID): Promise<PublicKey | undefined>
  /** Signature of a message, as it stands in metadata. Errors: SIGNER_KEY_UNKNOWN, SIGNER_UNAVAILABLE. */
  sign(id: KeyID, message: Uint8Array): Promise<Buffer>
  /** Rejects when nothing could be signed now. Errors: SIGNER_UNAVAILABLE. */
  check(): Promise<void>
  close(): Promise<void>
}

/** A file of metadata as it is stored. */
export interface StoredFile {
  readonly role: RoleName
  readonly version: number
  readonly bytes: Buffer
  /** Hex. */
  readonly sha256: string
  /** When it was stored; milliseconds since the epoch. */
  readonly storedAt: number
}

export type FileQuery =
  | { readonly role: RoleName }
  | { readonly role: RoleName; readonly version: number }
  /** Hex of sha256, sha384 or sha512. */
  | { readonly role: RoleName; readonly hash: string }

/** What happened to a collection, in the order of `id`. */
export interface CollectionChange {
  readonly id: number
  readonly at: number
  readonly gun: Gun
  /** Of the timestamp; 0 for a deletion. */
  readonly version: number
  /** Hex; of the timestamp; empty for a deletion. */
  readonly sha256: string
  readonly category: 'update' | 'deletion'
}

export interface ChangesQuery {
  readonly gun?: Gun | undefined
  /** Changes behind this one (before it, with `isReverse`); undefined: from the start (the end). */
  readonly after: number | undefined
  readonly limit: number
  readonly isReverse: boolean
}

/**
 * What a signing service does, without HTTP. What it says is done is durable. Errors are `PublishError`s (publish-error.ts), which
 * carry code, status and detail as the stock clients show them; beside them SIGNER_UNAVAILABLE.
 */
export interface NotaryService {
  /** Current file, one version, or the one with a hash. Readers see a whole collection of one publish, never a mixture. */
  file(gun: Gun, query: FileQuery): Promise<StoredFile | undefined>
  /** The current timestamp, when it is in memory: for those who cannot wait. Undefined says nothing. */
  peekTimestamp(gun: Gun): StoredFile | undefined
  /** Checks what a client sends and makes all of it current, with the snapshot (if the key is here) and timestamp signed here; or nothing. */
  publish(gun: Gun, files: ReadonlyMap<RoleName, Uint8Array>): Promise<void>
  /** The server's key for a role: the one in the current root if it is held, else one that is made and will be in the next. */
  key(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** A key for the role to come; it counts when a root with it is published. */
  rotateKey(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** Removes a collection, with all versions of it. Nothing happens for one that there is not. */
  remove(gun: Gun): Promise<void>
  changes(query: ChangesQuery): Promise<readonly CollectionChange[]>
  /** Collections in byte order, behind `after`. */
  collections(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Gun[]>
  /**
   * SHA-256 (hex) of all targets that the current files of a collection list, expired or not: what must not be collected. One by one
   * when `names` are asked for only those.
   */
  signedDigests(gun: Gun): Promise<ReadonlySet<string>>
  /** Changes with every publish, renewal and removal of the collection; undefined when there is none. */
  trustVersion(gun: Gun): Promise<string | undefined>
  /** Names of what does not work: `database`, `signer`, each with the reason. Empty when all is well. */
  health(): Promise<ReadonlyMap<string, string>>
  close(): Promise<void>
}

import type { Caller, ChangesQuery, CollectionChange, FileQuery, StoredFile } from '../store/collection-types.ts'
import type { TrustStore } from '../store/types.ts'
import type { SignedDigests } from '../tuf/signed-digests.ts'
import type { Gun, KeyID, PublicKey, RoleName, ServerRole } from '../tuf/types.ts'
import type { CollectionCopy } from '../verifier/copy-collection.ts'
import type { PublishCode } from './publish-error.ts'

/** Holds the keys of a server: snapshot and timestamp keys of collections. In this process, or in another one. */
export interface Signer {
  /**
   * A key for the role: one that was made for it before and never signed anything, else a new one, durable before this resolves. So
   * whoever asks twice gets the same key twice. Errors: SIGNER_UNAVAILABLE.
   */
  createKey(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** A key that is held, and whose it is; undefined for others. Errors: SIGNER_UNAVAILABLE. */
  heldKey(id: KeyID): Promise<HeldKey | undefined>
  /** Signature of a message, as it stands in metadata. Errors: SIGNER_KEY_UNKNOWN, SIGNER_UNAVAILABLE. */
  sign(id: KeyID, message: Uint8Array): Promise<Buffer>
  /** Rejects when nothing could be signed now. Errors: SIGNER_UNAVAILABLE. */
  check(): Promise<void>
  close(): Promise<void>
}

/** A key of a signer. It signs for the collection that it was made for alone: what it signed names none. */
export interface HeldKey {
  readonly gun: Gun
  readonly key: PublicKey
}

export interface NotaryServiceOptions {
  readonly store: TrustStore
  readonly signer: Signer
  readonly limits?: Partial<ServiceLimits>
  readonly lifetimes?: Partial<SigningLifetimes>
  readonly events?: ServiceEvents
  /** Milliseconds since the epoch; default the clock of the system. */
  readonly now?: () => number
}

/** What a service takes of anybody. */
export interface ServiceLimits {
  /** Files of one upload. */
  readonly files: number
  /** Bytes of one file. */
  readonly fileBytes: number
  /** Targets of one role. */
  readonly targets: number
  /** How far a version may be ahead of the one before. */
  readonly versionStep: number
  /** Milliseconds from now to the expiry of what is uploaded. */
  readonly lifetime: number
  /** Publishes that wait for one collection. */
  readonly waiting: number
  /** Names of collections that there are not yet and for which keys are held, in an hour. */
  readonly newNames: number
}

/** How long what the server signs is good for, in milliseconds. */
export interface SigningLifetimes {
  readonly snapshot: number
  readonly timestamp: number
}

/** What whoever runs the server is told. */
export interface ServiceEvents {
  /** A publish was made, or refused with the code of its error. */
  onPublish?(gun: Gun, outcome: 'published' | 'unchanged' | PublishCode): void
  /** Files were renewed before they expired, or could not be. */
  onRenewal?(gun: Gun, outcome: 'renewed' | 'failed'): void
  /** One line. */
  onNotice?(notice: string): void
}

/** What becomes of a collection that is taken over from another server. */
export type Adoption =
  | { readonly kind: 'imported' | 'unchanged' }
  /** It was changed here since, so it stays as it is; `ahead` are roles of which the other server has newer files. */
  | { readonly kind: 'newer'; readonly ahead: readonly RoleName[] }

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
  publish(gun: Gun, files: ReadonlyMap<RoleName, Uint8Array>, by?: Caller): Promise<void>
  /** The server's key for a role: the one in the current root if it is held, else one that is made and will be in the next. */
  key(gun: Gun, role: ServerRole): Promise<PublicKey>
  /** A key for the role to come; it counts when a root with it is published. */
  rotateKey(gun: Gun, role: ServerRole, by?: Caller): Promise<PublicKey>
  /**
   * Takes over a collection from another server, whose keys sign it until its owner gives it keys of this one. It is verified first;
   * what was changed here since stays. Errors: `TRUST_*`; TRUST_CONFLICT for another collection of that name.
   */
  adopt(gun: Gun, copy: Pick<CollectionCopy, 'roots' | 'files'>, by?: Caller): Promise<Adoption>
  /** Removes a collection, with all versions of it. Nothing happens for one that there is not. */
  remove(gun: Gun, by?: Caller): Promise<void>
  /** Who changed what, oldest first: entries behind a number. */
  audit: TrustStore['audit']
  changes(query: ChangesQuery): Promise<readonly CollectionChange[]>
  /** Collections in byte order, behind `after`. */
  collections(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Gun[]>
  /** All targets that the current files of a collection list, expired or not: what must not be collected. */
  signedDigests(gun: Gun): Promise<SignedDigests>
  /** Has the listener told of each publish, renewal and removal, before whoever asked for it is. It must not throw. */
  watch(listener: (gun: Gun) => void): void
  /** Changes with every publish, renewal and removal of the collection; undefined when there is none. */
  trustVersion(gun: Gun): Promise<string | undefined>
  /** Milliseconds until the first timestamp expires of all collections that are renewed here; undefined without any. */
  minRemainingValidity(): number | undefined
  /** Names of what does not work: `database`, `signer`, each with the reason. Empty when all is well. */
  health(): Promise<ReadonlyMap<string, string>>
  close(): Promise<void>
}

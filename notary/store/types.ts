import type { AuditPage } from '../../shared/audit/audit-rows.ts'
import type { Gun, KeyID, RoleName, ServerRole } from '../tuf/types.ts'
import type { Caller, ChangesQuery, CollectionChange, FileQuery, StoredFile } from './collection-types.ts'

/** A file of a collection as it stands, without its bytes. */
export interface CurrentFile {
  readonly version: number
  /** Hex. */
  readonly sha256: string
  readonly sha512: string
  /** Bytes. */
  readonly length: number
  /** When it was stored, and when it expires; milliseconds since the epoch. */
  readonly storedAt: number
  readonly expires: number
}

/** All files of a collection that are kept though they are no more current, but for roots. */
export interface OldFiles {
  readonly bytes: number
  /** At least so long ago the first of them was current; meaningless without any. */
  readonly since: number
}

/** Which files a collection consists of, as one publish left it. */
export interface CollectionState {
  readonly gun: Gun
  /** Another one for each life of a collection: one that was removed and made again has another. */
  readonly id: string
  /** Another one after each publish. */
  readonly revision: string
  /** The store's own: what it has of the collection. */
  readonly stored: string
  /** Of each role that has a file. */
  readonly files: ReadonlyMap<RoleName, CurrentFile>
  /** The last version of each role that the collection had and has no more: it is not to come back with an older one. */
  readonly gone: ReadonlyMap<RoleName, number>
  readonly old: OldFiles
}

export interface NewFile {
  readonly role: RoleName
  readonly version: number
  /** UTF-8. */
  readonly bytes: Buffer
  /** Hex. */
  readonly sha256: string
  readonly sha512: string
  /** Milliseconds since the epoch. */
  readonly expires: number
}

export interface Publication {
  /** The collection as it was when it was decided what to publish; undefined when there was none. */
  readonly before: CollectionState | undefined
  /** Of versions that their roles never had. Of each role one, but for roots that come together: these in their order. */
  readonly files: readonly NewFile[]
  /** Roles that the collection has no more. */
  readonly dropped?: readonly RoleName[]
  /** Of the changefeed: version and hash (hex) of the timestamp. */
  readonly version: number
  readonly sha256: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** What the audit log says of it, beside the files; nothing for what the server renews itself. */
  readonly audit?: { readonly action: 'publish' | 'import'; readonly by: Caller }
}

/** Somebody asked for a key of the server that the next root may have. */
export interface KeyRotation {
  readonly role: ServerRole
  readonly id: KeyID
  readonly by: Caller
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** The collection is not as a publication expects it: somebody else was first. Nothing was changed. */
export class PublicationConflict extends Error {
  override readonly name = 'PublicationConflict'
}

/** Files of metadata of trusted collections, by role and version, and which of them are current. What resolves is durable. */
export interface TrustStore {
  /** Undefined when there is no such collection. */
  state(gun: Gun): Promise<CollectionState | undefined>
  /**
   * The current file of a role, an older version, or the one with a hash (sha256 or sha512): of the same life of the collection.
   * Roots are kept for ever, others for a while after newer ones came, see `Retention`. A role that is gone has no current file.
   */
  file(gun: Gun, query: FileQuery): Promise<StoredFile | undefined>
  /**
   * Stores files and makes them current, all or none: whoever reads the state before or after never sees a part of them. Rejects
   * with {@link PublicationConflict} when the collection is no more as expected.
   */
  publish(gun: Gun, publication: Publication): Promise<CollectionState>
  /** Removes a collection with all its versions; false when there was none. What it had is cleared away behind it. */
  remove(gun: Gun, at: number, by?: Caller): Promise<boolean>
  /** Puts into the audit log that a key was asked for. */
  noteRotation(gun: Gun, rotation: KeyRotation): Promise<void>
  /** Entries of the audit log behind a number, oldest first. */
  audit(page: { readonly after: number; readonly limit: number }): Promise<AuditPage>
  /** In the order of `id`; see {@link ChangesQuery}. */
  changes(query: ChangesQuery): Promise<readonly CollectionChange[]>
  /** Collections in the byte order of their names, behind `after`. */
  states(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly CollectionState[]>
  /** Names of collections in byte order, behind `after`. */
  collections(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Gun[]>
  /** Waits until what is cleared away behind changes is gone. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** How long files are kept that are no more current, for clients that learnt their names before. Roots are kept for ever. */
export interface Retention {
  /** Milliseconds since newer ones came. */
  readonly time: number
  /** Bytes of all such files of one collection; the newest are kept. */
  readonly bytes: number
}

import type { Digest, DigestAlgorithm } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { ManifestRef, RepositoryName } from '../protocol/names.ts'
import type { PageRequest } from '../protocol/page.ts'
import type { ByteRange } from '../protocol/range.ts'
import type { BlobReader } from '../storage/blob-types.ts'
import type { GiveBackOptions, GivenBack } from './give-back.ts'
import type { Requester } from './occurrence.ts'
import type { RefreshTokenStore } from './refresh-tokens.ts'
import type { StoredManifest } from './stored-manifest.ts'
import type { Condition } from './tag-condition.ts'
import type { TakeOver } from './take-over.ts'

/**
 * What a registry does, whoever asks and however: no HTTP, no access rules. What it says is done is durable. Errors are
 * {@link RegistryError}s with the codes named; beside them DENIED (405: read-only) and UNAVAILABLE (503 or 507 with Retry-After:
 * closing, disk full) from all that writes, and UNKNOWN (500) for what is damaged on the disk.
 */
export interface RegistryService {
  readonly blobs: BlobService
  readonly uploads: UploadService
  readonly manifests: ManifestService
  readonly history: TagHistory
  /** Of all repositories that have something. */
  usage(): AsyncIterable<RepositoryUsage>
  readonly refreshTokens: RefreshTokenStore
  /** Notes that a client asked for a manifest to use it. Never fails, and nobody waits for it. */
  pulled(name: RepositoryName, digest: Digest): void
  /**
   * To be called before a client that may push is told whether a blob or a manifest is there: it relies on that, so that it stays
   * for a while. A promise where it is just being removed; whoever waits for that is told what is true then.
   */
  lease(name: RepositoryName, digest: Digest): Promise<void> | undefined
  /** For content of another registry. */
  readonly takeOver: TakeOver
  /** Tags in byte order. NAME_UNKNOWN. */
  tags(name: RepositoryName, page: PageRequest): Promise<Listing<string>>
  /** Repositories in byte order; only those for which `isVisible`, looking at a bounded number of others. */
  catalog(page: PageRequest, isVisible?: (name: RepositoryName) => boolean): Promise<Listing<string>>
  /** Manifests whose subject is `subject`; an empty list where nothing is known of it. */
  referrers(name: RepositoryName, subject: Digest, query: ReferrersQuery): Promise<Listing<Descriptor>>
  /** While true, all that writes is refused, nothing is put aside or tidied, and uploads end as soon as more of them comes. */
  readonly isReadOnly: boolean
  /**
   * Kept over restarts. When it resolves nothing is changed any more, unless {@link writesRunning} tells of writes that did not
   * end in time: those of clients that send nothing.
   */
  setReadOnly(isReadOnly: boolean): Promise<void>
  readonly writesRunning: number
  /** Runs work that writes and that no client asked for; does nothing while nothing may be written. {@link close} waits for it. */
  housekeep(work: () => Promise<void>): Promise<void>
  /** All rows of this moment, for who copies the registry while it is used. Also read-only. */
  hold(): Promise<RegistryHold>
  /** How many hold now. */
  readonly holds: number
  /** Reads of the metadata; rejects when it cannot. */
  tryReading(): Promise<void>
  /** Writes to the metadata what changes nothing; rejects when it cannot, and with what refuses pushes. Read-only nothing is written. */
  tryWriting(): Promise<void>
  /** Refuses what is new, ends uploads as soon as more of them comes, waits for what is going on, and closes the stores. */
  close(): Promise<void>
}

/** A registry as it was at one moment; the bytes that its rows name stay until it is released. */
export interface RegistryHold {
  /** Of all kinds, in the order of keys, page by page; once. */
  rows(): AsyncIterable<readonly Row[]>
  /** False when it was released, or when the process that has the registry open is gone. */
  isHeld(): boolean
  /** Lets bytes go again that nobody names any more. Does nothing the second time. */
  release(): Promise<void>
}

export interface Listing<Item> {
  readonly items: readonly Item[]
  /** Where to go on (the `last` of the next page); undefined when nothing follows. */
  readonly next: string | undefined
}

export interface ReferrersQuery {
  readonly artifactType?: string | undefined
  readonly page: PageRequest
}

export interface BlobService {
  /** Bytes. BLOB_UNKNOWN when the repository does not have it. */
  size(name: RepositoryName, digest: Digest): Promise<number>
  /**
   * Opens a blob of the repository. Its size is checked against what was stored: a blob that differs is set aside, and
   * the answer is UNKNOWN. BLOB_UNKNOWN.
   */
  open(name: RepositoryName, digest: Digest): Promise<BlobReader>
  /**
   * The bytes of a small blob of the repository, when they are in memory: what {@link open} would give, for those who cannot
   * wait. Never of one that was removed. Undefined says nothing.
   */
  peek(name: RepositoryName, digest: Digest): Uint8Array | undefined
  /** Tells that a blob of the repository was found corrupt while it was read; the next push of it heals it. */
  reportCorrupt(name: RepositoryName, digest: Digest): Promise<void>
  /**
   * Takes the bytes under a digest, of a blob or a manifest, out of sight unless they are right: then the next push of them
   * is taken. Nobody stores or removes them while `isRight` looks. True when they were taken, or would be if the registry were
   * not read-only.
   */
  setAsideUnless(digest: Digest, isRight: (reader: BlobReader) => Promise<boolean>): Promise<boolean>
  /** Takes the blob from the repository, at once. BLOB_UNKNOWN. */
  remove(name: RepositoryName, digest: Digest, by?: Requester): Promise<void>
  /**
   * Gives the repository a blob of another one: of `from`, or of any for which `isVisible`. False when there is none.
   */
  mount(name: RepositoryName, digest: Digest, options: MountOptions): Promise<boolean>
}

export interface MountOptions {
  readonly by?: Requester | undefined
  readonly from?: RepositoryName | undefined
  readonly isVisible?: (name: RepositoryName) => boolean
}

/** Sessions: one writer at a time; a second one is BLOB_UPLOAD_INVALID with status 409. They outlive the process. */
export interface UploadService {
  /** TOOMANYREQUESTS when there are too many; UNAVAILABLE with 507 when `length` bytes would not fit on the disk. */
  start(name: RepositoryName, options?: StartOptions): Promise<UploadState>
  /** BLOB_UPLOAD_UNKNOWN, also when the session is of another repository. */
  state(name: RepositoryName, id: string): Promise<UploadState>
  /**
   * Appends the body. RANGE_INVALID when `range` does not begin at the offset or differs from the body's length; the session
   * stays. When the body breaks off, what came is kept, and this rejects with the body's error. SIZE_INVALID beyond the cap.
   */
  append(name: RepositoryName, id: string, body: UploadBody): Promise<UploadState>
  /**
   * Appends the last body, if any, checks the digest and makes the blob one of the repository; the session is gone.
   * DIGEST_INVALID when the bytes have another digest, and then too. RANGE_INVALID as above.
   */
  finish(name: RepositoryName, id: string, end: UploadEnd): Promise<void>
  /** BLOB_UPLOAD_UNKNOWN. */
  cancel(name: RepositoryName, id: string): Promise<void>
  /** All sessions that are open, in the order of their IDs. There are never more than the cap on them. */
  list(): Promise<readonly OpenUpload[]>
}

/** What an operator sees of a session. */
export interface OpenUpload extends UploadState {
  readonly name: RepositoryName
  /** Bytes that came, those included that no client was told of yet, because they are not durable. */
  readonly received: number
  /** True while a request works with it. */
  readonly isBusy: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** When bytes came for the last time, as far as was noted; now while it is busy. */
  readonly usedAt: number
}

export interface StartOptions {
  /** What the client says its digest will be made with; sha256 otherwise. */
  readonly algorithm?: DigestAlgorithm
  /** Bytes, when known. */
  readonly length?: number | undefined
}

export interface UploadState {
  /** A UUID. */
  readonly id: string
  /** How many bytes are there. */
  readonly offset: number
}

export interface UploadBody {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Content-Range, when the request has one. */
  readonly range?: ByteRange | undefined
  /** Content-Length, when the request has one. */
  readonly length?: number | undefined
}

export interface UploadEnd {
  readonly by?: Requester | undefined
  readonly digest: Digest
  readonly body?: UploadBody | undefined
}

export interface ManifestService {
  /** MANIFEST_UNKNOWN, NAME_UNKNOWN. Never a blob that is no manifest. */
  get(name: RepositoryName, ref: ManifestRef): Promise<StoredManifest>
  /** What {@link get} would give, when it is in memory: for those who cannot wait. Undefined says nothing. */
  peek(name: RepositoryName, ref: ManifestRef): StoredManifest | undefined
  /**
   * Stores a manifest under its digest, and under tags. MANIFEST_INVALID, DIGEST_INVALID when `ref` is the digest of other
   * bytes, MANIFEST_BLOB_UNKNOWN with one error for each blob (of an image) or manifest (of an index) that the
   * repository does not have, unless sparse ones are allowed. PRECONDITION_FAILED (412) when `condition` does not hold for
   * `ref` at the moment of the change. DENIED when a tag leads elsewhere and is immutable, or when there is no quota left.
   */
  put(name: RepositoryName, ref: ManifestRef, manifest: PushedManifest): Promise<AcceptedManifest>
  /**
   * A tag alone, or a manifest with all its tags. MANIFEST_UNKNOWN, NAME_UNKNOWN. PRECONDITION_FAILED and DENIED as for
   * {@link put}.
   */
  remove(name: RepositoryName, ref: ManifestRef, options?: RemoveOptions): Promise<void>
}

export interface RemoveOptions {
  readonly by?: Requester | undefined
  readonly condition?: Condition | undefined
}

/** What tags led to. */
export interface TagHistory {
  /** The last moves, newest first, 100 at most. MANIFEST_UNKNOWN for a tag that never was. */
  moves(name: RepositoryName, tag: string): Promise<readonly TagMove[]>
  /**
   * Sets a tag to what one of its moves set it to, as one more move: the move of that number, or the last one to that digest;
   * else to what the tag led to before. MANIFEST_UNKNOWN when there is no such move, or its manifest is gone; DENIED for a tag
   * that is immutable.
   */
  rollBack(name: RepositoryName, tag: string, options: RollBackOptions): Promise<RolledBack>
  /** Sets a tag that is not there to a manifest of the repository, as it was before somebody removed it. One that is there stays as it is. */
  giveBack(name: RepositoryName, tag: string, options: GiveBackOptions): Promise<GivenBack>
}

export interface TagMove {
  readonly move: number
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Undefined where the tag was deleted. */
  readonly digest?: Digest | undefined
  readonly by?: string | undefined
  /** The earlier move to which this one took back. */
  readonly restores?: number | undefined
  /** True when the manifest is there. */
  readonly isPullable?: boolean | undefined
  /** Bytes of the manifest and of all that it names, when it can be pulled. */
  readonly size?: number | undefined
  /** When the manifest was removed, where that is known. */
  readonly goneSince?: number | undefined
}

export interface RollBackOptions {
  readonly to?: number | Digest | undefined
  /** Who asks for it, for the history. */
  readonly by?: string | undefined
}

export interface RolledBack {
  /** The move that it was taken back to. */
  readonly restored: number
  readonly digest: Digest
  /** What the tag led to until then. */
  readonly before: Digest | undefined
}

/** What repositories have and may have. */
export interface RepositoryUsage {
  readonly name: string
  /** Of its blobs and manifests. */
  readonly bytes: number
  /** Of uploads that are open, and manifests that are just pushed. */
  readonly onTheWay: number
  /** Undefined without a quota. */
  readonly limit: number | undefined
  /** False while what an earlier version stored is still being counted. */
  readonly isWhole: boolean
}

export interface PushedManifest {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  /** Beside that of the reference. */
  readonly tags?: readonly string[]
  readonly condition?: Condition | undefined
  readonly by?: Requester | undefined
}

export interface AcceptedManifest {
  readonly digest: Digest
  readonly subject: Digest | undefined
}

import type { Digest } from '../../shared/base/digest.ts'

/**
 * Where the bytes of blobs lie, and those of uploads that are not finished. Blobs are known by digest alone; which repository
 * has which is the metadata's business. Nothing here presumes that files can be renamed or written to at their end: a store
 * of objects, with uploads in parts, is to fit as well. Digests and IDs were parsed before they come here.
 *
 * Errors beside those named: DISK_FULL, and any other system error as it is.
 */
export interface BlobDriver {
  /** The size of a blob in bytes; undefined when there is none. */
  size(digest: Digest): Promise<number | undefined>
  /** Opens a blob; one that is removed while it is read can be read to its end. Undefined when there is none. */
  open(digest: Digest): Promise<BlobReader | undefined>
  /** Stores small content, durably; what is there under this digest is kept unless `replace`. The digest is the caller's word. */
  put(digest: Digest, bytes: Uint8Array, options?: StoreOptions): Promise<void>
  /**
   * Makes a file of others, which they never write to in place, the blob `digest`, durably and in the place of what is there:
   * by a hard link where that can be, else by a copy. The file itself stays as it is. `isRight` is asked about the very bytes
   * that are about to be the blob; what it does not agree to is refused.
   */
  adopt(digest: Digest, path: string, isRight: (reader: BlobReader) => Promise<boolean>): Promise<Adopted>
  /**
   * Gives the file of a blob another name, outside the store. EEXIST, and nothing is overwritten. False where that cannot be:
   * when there is no such blob, on another filesystem, or when blobs are no files.
   */
  give(digest: Digest, path: string): Promise<boolean>
  /** False when there was none. */
  remove(digest: Digest): Promise<boolean>
  /** Takes a blob that was found corrupt out of sight, for people to look at. Does nothing when there is none. */
  setAside(digest: Digest): Promise<void>
  /** Begins an upload. */
  createUpload(id: string): Promise<UploadBytes>
  /**
   * Goes on with an upload, also one of an earlier process. `acknowledged` is how many bytes were told to be there, at the
   * last sync: of those beyond it only what is surely whole is kept. Undefined when there is none. One writer at a time.
   */
  openUpload(id: string, acknowledged: number): Promise<UploadBytes | undefined>
  /** Does nothing when there is none. */
  removeUpload(id: string): Promise<void>
  /** IDs of all uploads there are, in no order, and names of what was left by processes that were killed: to be removed alike. */
  listUploads(): Promise<readonly string[]>
  /** Bytes that can still be written, and how many there are in all; undefined when there is no such limit. */
  space(): Promise<{ readonly free: number; readonly total: number } | undefined>
  close(): Promise<void>
}

export type Adopted = 'linked' | 'copied' | 'refused'

export interface StoreOptions {
  /** Puts the content in the place of what is there, which may be corrupt. */
  readonly replace?: boolean
}

export interface BlobReader {
  /** Bytes, as they are now: not what anybody wrote down. */
  readonly size: number
  /** Fills `target` from `position` on and resolves with the count, which is short only at the end. Not verified. */
  read(target: Uint8Array, position: number): Promise<number>
  close(): Promise<void>
}

/** The bytes of one upload, open for one writer. */
export interface UploadBytes {
  /** How many there are. */
  readonly size: number
  /** Adds bytes at the end; `bytes` must not change until this resolves. When it rejects, `size` is what it was. */
  append(bytes: Uint8Array): Promise<void>
  /**
   * Resolves when all bytes are durable: they are there after a power cut. What failed here is not tried again. With
   * `isLast` a commit follows, so that the upload itself need not be found again.
   */
  sync(options?: { readonly isLast?: boolean }): Promise<void>
  /** As {@link BlobReader.read}. */
  read(target: Uint8Array, position: number): Promise<number>
  /**
   * Makes the bytes the blob `digest`, durably, and ends the upload. A blob that is there with the same size is kept, unless
   * `replace`; one with another size is replaced.
   */
  commit(digest: Digest, options?: StoreOptions): Promise<void>
  /** Leaves the upload for {@link BlobDriver.openUpload}. */
  close(): Promise<void>
}

import type { Digest } from '../../shared/base/digest.ts'
import type { LayerEntry, LayerPath } from './entry.ts'

/**
 * A read-only file tree: a build context or the root filesystem of an image. COPY and ADD take files from one, and look
 * up destinations in one. Nothing here follows symlinks unless it says so.
 */
export interface FileTree {
  /** The entry at `path` ('' is the root), never a whiteout; a hardlink is resolved to the file it shares. */
  lstat(path: LayerPath): LayerEntry | undefined
  /** Names in a directory, sorted by bytes; an empty list for anything else. */
  list(path: LayerPath): readonly string[]
  /** All entries below a directory, ordered by path ({@link comparePaths}), where that is faster than asking one by one. */
  walk?(directory: LayerPath): Iterable<LayerEntry>
  /** Digest of a file's content. Entries of an image already carry it. */
  digest(path: LayerPath): Promise<Digest>
  /** Makes the digests of all files below a directory known, where entries do not tell them yet; `lstat` and `walk` then do. */
  digestBelow?(directory: LayerPath): Promise<void>
  /** The whole content of a file that is small enough to be had at once, else undefined. Errors as {@link FileTree.open}. */
  read?(path: LayerPath): Uint8Array | undefined
  /** The content of a file, in pieces. Ends with an error when the bytes are not those that `digest` told. */
  open(path: LayerPath): AsyncIterable<Uint8Array>
  /**
   * A name shared by all paths that are one file with several names (hardlinks), undefined for a file with one name.
   */
  linkGroup(path: LayerPath): string | undefined
  /** False when no file seen so far has several names. */
  mayLink?(): boolean
}

import type { Digest } from '../../shared/base/digest.ts'

/**
 * A path inside a root filesystem: its bytes as a latin1 string (names need not be UTF-8), without leading or trailing
 * slash, without empty, `.` or `..` components. The root itself is the empty string. `Buffer.from(path, 'latin1')` gives
 * the bytes back.
 */
export type LayerPath = string

/** What is at a path; a whiteout hides what lies below. */
export type EntryType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo' | 'whiteout'

/** What one layer says about one path. Immutable. */
export interface LayerEntry {
  readonly path: LayerPath
  /**
   * `whiteout` hides what lies below under this very path (the tar name has `.wh.` in its last component; here it has
   * not). One path may have a whiteout and another entry in the same layer: the whiteout then comes first.
   */
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes of content; 0 for everything but a file. A hardlink has 0: its content is its target's. */
  readonly size: number
  /** Modification time, nanoseconds since the epoch; may be negative. */
  readonly mtime: bigint
  /** Symlink: the text of the link, latin1, as is. Hardlink: the {@link LayerPath} of an earlier entry of this layer or below. Else ''. */
  readonly linkname: string
  readonly devMajor: number
  readonly devMinor: number
  /** Extended attributes; names latin1, values any bytes. Sorted by name. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /**
   * Directory that hides all that lies below in it (`.wh..wh..opq`). On a `whiteout`: the same mark in a layer that has no
   * entry for the directory; such a record hides the content of `path`, not `path` itself.
   */
  readonly opaque: boolean
  /** Digest of the content of a file; undefined for all other types. */
  readonly digest: Digest | undefined
  /** Position of the first content byte in the uncompressed tar; -1 when there is none, or no tar, or the file is sparse in it. */
  readonly dataOffset: number
}

/** The entry with its time no later than `latest` (nanoseconds); as it is when there is no such bound. */
export function notAfter(entry: LayerEntry, latest: bigint | undefined): LayerEntry {
  return latest === undefined || entry.mtime <= latest ? entry : { ...entry, mtime: latest }
}

/** Orders paths per component, so that a directory comes first and all of its subtree directly after it. */
export function comparePaths(a: LayerPath, b: LayerPath): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return (x === 47 ? -1 : x) - (y === 47 ? -1 : y)
  }
  return a.length - b.length
}

/**
 * The order in which a walk meets paths: all that is directly in a directory, by name, then the same for each directory in
 * it. The root comes first.
 */
export function compareMet(a: LayerPath, b: LayerPath): number {
  const order = comparePaths(parentOf(a), parentOf(b))
  if (order !== 0) return order
  return a === b ? 0 : a < b ? -1 : 1
}

/** Orders names, no two the same, by their bytes. */
export function byBytes(a: string, b: string): number {
  return a < b ? -1 : 1
}

/** The directory of a path; the parent of a top-level name is ''. */
export function parentOf(path: LayerPath): LayerPath {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export function baseOf(path: LayerPath): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(directory: LayerPath, name: string): LayerPath {
  return directory === '' ? name : `${directory}/${name}`
}

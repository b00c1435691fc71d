import type { Stats } from 'node:fs'
import type { Digest } from '../../shared/base/digest.ts'
import type { EntryType, LayerEntry, LayerPath } from '../layers/entry.ts'

/** What is known of a path beyond its stat. */
export interface Known {
  readonly digest: Digest | undefined
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** The exact modification time, nanoseconds. */
  readonly mtime: bigint
}

/** What a look at a path of a context told. */
export interface Look {
  readonly path: LayerPath
  readonly type: EntryType
  readonly stats: Pick<Stats, 'mode' | 'size' | 'rdev'>
  /** The text of a symlink, else ''. */
  readonly linkname: string
}

/** The entry of a path in a context: whoever owns it on this machine, root does in the image (1.9 C07). */
export function entryOf({ path, type, stats, linkname }: Look, known: Known): LayerEntry {
  const isDevice = type === 'char' || type === 'block'
  return {
    path,
    type,
    mode: stats.mode & 0o7777,
    uid: 0,
    gid: 0,
    size: type === 'file' ? stats.size : 0,
    mtime: known.mtime,
    linkname,
    devMajor: isDevice ? majorOf(stats.rdev) : 0,
    devMinor: isDevice ? minorOf(stats.rdev) : 0,
    xattrs: known.xattrs,
    opaque: false,
    digest: type === 'file' ? known.digest : undefined,
    dataOffset: -1,
  }
}

/** Undefined for a socket: it has no place in an image. */
export function typeOf(stats: Stats): EntryType | undefined {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'dir'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isCharacterDevice()) return 'char'
  return stats.isBlockDevice() ? 'block' : undefined
}

/** Linux packs device numbers into more than 32 bits. */
function majorOf(rdev: number): number {
  const bits = BigInt(rdev)
  return Number(((bits >> 8n) & 0xfffn) | ((bits >> 32n) & 0xfffff000n))
}

function minorOf(rdev: number): number {
  const bits = BigInt(rdev)
  return Number((bits & 0xffn) | ((bits >> 12n) & 0xffffff00n))
}

import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { sortedNames } from './directory-names.ts'
import { type EntryType, joinPath, type LayerEntry, type LayerPath } from './entry.ts'
import { hostPath } from './layer-ref.ts'
import { snapshotAttributes } from './overlay-marks.ts'

/**
 * The records of an overlay's upper directory, sorted, one at a time: whiteout devices are whiteouts, opaque directories say so, the
 * first path of a file with several names is the file and the others are hardlinks to it. Sockets are left out. Digests
 * and offsets are not set. Whiteouts have no owner and time 0, so that two equal runs are equal.
 */
export function* walkSnapshot(dir: string): Generator<LayerEntry> {
  const links = new Map<string, LayerPath>()
  function* walk(directory: LayerPath): Generator<LayerEntry> {
    for (const name of sortedNames(hostPath(dir, directory).toString('latin1'), { folder: dirname(dir) })) {
      const path = joinPath(directory, name)
      const record = recordAt(hostPath(dir, path), path, links)
      if (record === undefined) continue
      yield record
      if (record.type === 'dir') yield* walk(path)
    }
  }
  yield* walk('')
}

function recordAt(file: Buffer, path: LayerPath, links: Map<string, LayerPath>): LayerEntry | undefined {
  const stats = lstatSync(file, { bigint: true })
  const type = typeOf(stats)
  if (type === undefined) return undefined
  if (type === 'whiteout') return { ...blank, path, type, mode: 0, uid: 0, gid: 0, mtime: 0n }
  const { xattrs, opaque } = snapshotAttributes(file)
  const owner = { uid: Number(stats.uid), gid: Number(stats.gid), mtime: stats.mtimeNs }
  const entry = { ...blank, path, type, mode: Number(stats.mode & 0o7777n), ...owner, xattrs, opaque }
  const first = type === 'dir' || stats.nlink === 1n ? undefined : firstName(links, stats, path)
  if (first !== undefined) return { ...entry, type: 'hardlink', linkname: first }
  return { ...entry, ...fieldsOf(type, stats, file) }
}

const blank = {
  size: 0,
  linkname: '',
  devMajor: 0,
  devMinor: 0,
  xattrs: new Map<string, Uint8Array>(),
  opaque: false,
  digest: undefined,
  dataOffset: -1,
} as const

function firstName(links: Map<string, LayerPath>, stats: BigIntStats, path: LayerPath): LayerPath | undefined {
  const inode = `${stats.dev}:${stats.ino}`
  const first = links.get(inode)
  if (first === undefined) links.set(inode, path)
  return first
}

function typeOf(stats: BigIntStats): EntryType | undefined {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'dir'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isCharacterDevice()) return stats.rdev === 0n ? 'whiteout' : 'char'
  if (stats.isBlockDevice()) return 'block'
  return stats.isFIFO() ? 'fifo' : undefined
}

function fieldsOf(type: EntryType, stats: BigIntStats, file: Buffer): Partial<LayerEntry> {
  if (type === 'file') return { size: Number(stats.size) }
  if (type === 'symlink') return { linkname: readlinkSync(file, { encoding: 'latin1' }) }
  if (type !== 'char' && type !== 'block') return {}
  return { devMajor: majorOf(stats.rdev), devMinor: minorOf(stats.rdev) }
}

/** The major number as glibc packs it into a device number. */
function majorOf(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n))
}

function minorOf(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xffff_ff00n))
}

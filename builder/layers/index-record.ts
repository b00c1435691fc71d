import { algorithmOf, type Digest, digestFromHash, hexOf } from '../../shared/base/digest.ts'
import type { EntryType, LayerEntry, LayerPath } from './entry.ts'
import { type ByteReader, type ByteWriter, indexInvalid } from './index-bytes.ts'

/** The number of a type in an index file is its place here; new ones are added at the end. */
const types: readonly EntryType[] = ['file', 'dir', 'symlink', 'hardlink', 'char', 'block', 'fifo', 'whiteout']
const typeNumbers = new Map(types.map((type, number) => [type, number]))

// The first byte of a record: the type in the low four bits, and which optional fields follow.
const opaqueFlag = 0x10
const linkFlag = 0x20
const deviceFlag = 0x40
const xattrFlag = 0x80

// The byte before a digest; no digest is 0.
const sha256Mark = 1
const sha512Mark = 2

const maxXattrs = 1000

/** Writes all of an entry but its path. */
export function writeRecord(writer: ByteWriter, entry: LayerEntry): void {
  const hasDevice = entry.devMajor !== 0 || entry.devMinor !== 0
  const flags =
    (entry.opaque ? opaqueFlag : 0) |
    (entry.linkname === '' ? 0 : linkFlag) |
    (hasDevice ? deviceFlag : 0) |
    (entry.xattrs.size === 0 ? 0 : xattrFlag)
  writer.varint((typeNumbers.get(entry.type) ?? 0) | flags)
  writer.varint(entry.mode)
  writer.varint(entry.uid)
  writer.varint(entry.gid)
  writer.int64(entry.mtime)
  if (entry.type === 'file') writeFileFields(writer, entry)
  if (entry.linkname !== '') writer.text(entry.linkname)
  if (hasDevice) {
    writer.varint(entry.devMajor)
    writer.varint(entry.devMinor)
  }
  if (entry.xattrs.size > 0) writeXattrs(writer, entry.xattrs)
}

function writeFileFields(writer: ByteWriter, entry: LayerEntry): void {
  writer.varint(entry.size)
  writer.varint(entry.dataOffset + 1)
  if (entry.digest === undefined) return writer.varint(0)
  writer.varint(algorithmOf(entry.digest) === 'sha256' ? sha256Mark : sha512Mark)
  return writer.raw(Buffer.from(hexOf(entry.digest), 'hex'))
}

function writeXattrs(writer: ByteWriter, xattrs: ReadonlyMap<string, Uint8Array>): void {
  writer.varint(xattrs.size)
  for (const [name, value] of xattrs) {
    writer.text(name)
    writer.bytes(value)
  }
}

/** The type of the record that starts at the reader, which does not move on. */
function peekType(firstByte: number): EntryType {
  const type = types[firstByte & 0x0f]
  if (type === undefined) throw indexInvalid('an entry has an unknown type')
  return type
}

/** Reads what {@link writeRecord} wrote; the record ends where the reader ends. */
export function readRecord(reader: ByteReader, path: LayerPath): LayerEntry {
  const flags = reader.varint()
  const type = peekType(flags)
  const mode = reader.varint()
  const uid = reader.varint()
  const gid = reader.varint()
  const mtime = reader.int64()
  const file = type === 'file' ? readFileFields(reader) : noFile
  const linkname = (flags & linkFlag) === 0 ? '' : reader.text()
  const device = (flags & deviceFlag) !== 0
  const devMajor = device ? reader.varint() : 0
  const devMinor = device ? reader.varint() : 0
  const xattrs = (flags & xattrFlag) === 0 ? noXattrs : readXattrs(reader)
  if (reader.left !== 0 || mode > 0o7777) throw indexInvalid('an entry is malformed')
  const opaque = (flags & opaqueFlag) !== 0
  return { path, type, mode, uid, gid, mtime, linkname, devMajor, devMinor, xattrs, opaque, ...file }
}

interface FileFields {
  readonly size: number
  readonly digest: Digest | undefined
  readonly dataOffset: number
}

const noFile: FileFields = { size: 0, digest: undefined, dataOffset: -1 }
const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

function readFileFields(reader: ByteReader): FileFields {
  const size = reader.varint()
  const dataOffset = reader.varint() - 1
  return { size, digest: readDigest(reader), dataOffset }
}

function readDigest(reader: ByteReader): Digest | undefined {
  const mark = reader.varint()
  if (mark === 0) return undefined
  if (mark === sha256Mark) return digestFromHash(reader.raw(32))
  if (mark === sha512Mark) return digestFromHash(reader.raw(64), 'sha512')
  throw indexInvalid('a digest has an unknown algorithm')
}

function readXattrs(reader: ByteReader): ReadonlyMap<string, Uint8Array> {
  const count = reader.varint()
  if (count > maxXattrs) throw indexInvalid('an entry has too many extended attributes')
  const xattrs = new Map<string, Uint8Array>()
  for (let i = 0; i < count; i++) xattrs.set(reader.text(), Buffer.from(reader.bytes()))
  return xattrs
}

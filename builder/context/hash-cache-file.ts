import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { isOwnerAlive, ownOwner } from '../../shared/cas/owner.ts'
import type { LayerPath } from '../layers/entry.ts'

/**
 * The records of a hash cache, as columns: number 6i to 6i+5 are dev, ino, size, mode, mtime and ctime (milliseconds) of
 * record i, byte 32i to 32i+31 its SHA-256.
 */
export interface HashRecords {
  readonly paths: readonly LayerPath[]
  readonly numbers: Float64Array
  /** Exact modification times, nanoseconds. */
  readonly mtimes: BigInt64Array
  /** {@link hasHash}, {@link hasXattrs} per record. */
  readonly flags: Uint8Array
  readonly hashes: Buffer
  /** Of the records that have any: names are latin1, values are base64. */
  readonly xattrs: ReadonlyMap<number, readonly (readonly [name: string, value: string])[]>
}

/** Records to write: their paths may be made one by one. */
export type NewRecords = Omit<HashRecords, 'paths'> & { readonly paths: Iterable<LayerPath> }

export const hasHash = 1
export const hasXattrs = 2
export const numbersPerRecord = 6

const magic = Buffer.from('ibuild hashes 2\n', 'latin1')
const headerSize = 32
const maxFileSize = 1024 * 1024 * 1024

export const noRecords: HashRecords = {
  paths: [],
  numbers: new Float64Array(),
  mtimes: new BigInt64Array(),
  flags: new Uint8Array(),
  hashes: Buffer.alloc(0),
  xattrs: new Map(),
}

/**
 * Reads a cache file; undefined when it is not there, damaged, or of another version.
 *
 *     magic (16) | crc32 of all that follows it: u32 | records: u32 | length of the paths: u32 | 0: u32
 *     numbers: 48 bytes a record | mtimes: 8 bytes a record | hashes: 32 bytes a record | flags: 1 byte a record
 *     paths in latin1, joined by NUL | extended attributes as JSON: [[record, [[name, value], ...]], ...]
 *
 * Numbers have the byte order of the machine: the file never leaves it.
 */
export function readHashFile(file: string): HashRecords | undefined {
  try {
    const bytes = readAligned(file)
    const checked = bytes.subarray(20)
    if (!bytes.subarray(0, 16).equals(magic) || crc32(checked) !== bytes.readUInt32LE(16)) return undefined
    return decode(bytes)
  } catch {
    return undefined
  }
}

function readAligned(file: string): Buffer {
  const bytes = readFileSync(file)
  if (bytes.byteOffset % 8 === 0) return bytes
  const copy = Buffer.from(new ArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

function decode(bytes: Buffer): HashRecords | undefined {
  const records = bytes.readUInt32LE(20)
  const pathsAt = headerSize + records * (8 * (numbersPerRecord + 1) + 33)
  const pathsEnd = pathsAt + bytes.readUInt32LE(24)
  const paths = records === 0 ? [] : bytes.toString('latin1', pathsAt, pathsEnd).split('\0')
  if (paths.length !== records || pathsEnd > bytes.length) return undefined
  const mtimesAt = headerSize + records * 8 * numbersPerRecord
  const hashesAt = mtimesAt + records * 8
  const xattrs: [number, [string, string][]][] = JSON.parse(bytes.toString('latin1', pathsEnd))
  return {
    paths,
    numbers: new Float64Array(bytes.buffer, bytes.byteOffset + headerSize, records * numbersPerRecord),
    mtimes: new BigInt64Array(bytes.buffer, bytes.byteOffset + mtimesAt, records),
    hashes: bytes.subarray(hashesAt, hashesAt + records * 32),
    flags: bytes.subarray(hashesAt + records * 32, pathsAt),
    xattrs: new Map(xattrs),
  }
}

/** Replaces the file as a whole: a reader sees the old or the new one. Errors of the filesystem are thrown. */
export function writeHashFile(file: string, records: NewRecords): void {
  const parts = encode(records)
  if (parts.reduce((sum, part) => sum + part.length, 0) > maxFileSize) return
  const temporary = `${file}.tmp-${ownOwner()}`
  mkdirSync(dirname(file), { recursive: true })
  removeStale(file)
  try {
    writeParts(temporary, parts)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The parts of the file, which together may be large. */
function encode({ paths, numbers, mtimes, hashes, flags, xattrs }: NewRecords): readonly Buffer[] {
  const names = encodePaths(paths)
  const header = Buffer.alloc(headerSize)
  magic.copy(header)
  header.writeUInt32LE(flags.length, 20)
  header.writeUInt32LE(
    names.reduce((sum, part) => sum + part.length, 0),
    24,
  )
  const columns = [numbers, mtimes, hashes, flags].map((column) =>
    Buffer.from(column.buffer, column.byteOffset, column.byteLength),
  )
  const parts = [...columns, ...names, Buffer.from(JSON.stringify([...xattrs]), 'latin1')]
  let crc = crc32(header.subarray(20))
  for (const part of parts) crc = crc32(part, crc)
  header.writeUInt32LE(crc, 16)
  return [header, ...parts]
}

/** Joined by NUL. */
function encodePaths(paths: Iterable<LayerPath>): Buffer[] {
  const parts: Buffer[] = []
  let text = ''
  let separator = ''
  for (const path of paths) {
    text += separator + path
    separator = '\0'
    if (text.length < 65_536) continue
    parts.push(Buffer.from(text, 'latin1'))
    text = ''
  }
  parts.push(Buffer.from(text, 'latin1'))
  return parts
}

function writeParts(file: string, parts: readonly Buffer[]): void {
  const fd = openSync(file, 'w', 0o600)
  try {
    for (const part of parts) for (let done = 0; done < part.length; ) done += writeSync(fd, part, done)
  } finally {
    closeSync(fd)
  }
}

/** Takes away what a process left that was killed while it wrote. */
function removeStale(file: string): void {
  const prefix = `${basename(file)}.tmp-`
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(prefix)) continue
    const path = join(dirname(file), name)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats !== undefined && !isOwnerAlive(name.slice(prefix.length), stats.mtimeMs)) rmSync(path, { force: true })
  }
}

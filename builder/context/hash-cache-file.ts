import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { isOwnerAlive, ownOwner } from '../../shared/cas/owner.ts'
import { compareMet, type LayerPath } from '../layers/entry.ts'
import { blockRecords, encodeBlock, HashBlock, type HashRecord } from './hash-block.ts'
import type { StatSignature } from './stat-signature.ts'

const magic = Buffer.from('ibuild hashes 3\n', 'latin1')
const trailerSize = 32
const maxFileSize = 1024 * 1024 * 1024
/** The end of the file is read at once: all of a small one. */
const tailSize = 64 * 1024
/** Blocks that stay decoded. */
const keptBlocks = 4

/** Where a block ends in the file, its crc32, its number of records and its first path. */
type BlockPlace = readonly [end: number, crc: number, records: number, firstPath: LayerPath]

/** A record of a block. */
export interface RecordPlace {
  readonly block: HashBlock
  readonly at: number
}

/**
 * A file of remembered hashes, opened:
 *
 *     blocks of records (hash-block.ts), in the order of `compareMet` | table as JSON in latin1: a list of block places
 *     end of the blocks: 8 bytes | length of the table: u32 | crc32 of the table: u32 | magic (16)
 *
 * A few blocks are in memory at any time; a damaged block counts as having nothing.
 */
export class HashFile {
  readonly #fd: number
  readonly #table: readonly BlockPlace[]
  readonly #tail: Buffer
  readonly #tailStart: number
  readonly #blocks = new Map<number, HashBlock | undefined>()
  /** Where the next path is expected: a walk goes as the one went that made the file. */
  readonly #next: { number: number; block: HashBlock | undefined; at: number }

  /** Throws for what is no such file. */
  constructor(fd: number) {
    this.#fd = fd
    const { size } = fstatSync(fd)
    this.#tailStart = Math.max(0, size - tailSize)
    this.#tail = readFully(fd, this.#tailStart, size - this.#tailStart)
    this.#table = this.#readTable(size)
    this.#next = { number: 0, block: this.#block(0), at: 0 }
  }

  /** Records in the file. */
  get count(): number {
    return this.#table.reduce((sum, [, , records]) => sum + records, 0)
  }

  /** Where a path stands that has this signature now. */
  find(path: LayerPath, signature: StatSignature): RecordPlace | undefined {
    const next = this.#next
    let { block, at } = next
    if (block?.paths[at] !== path) {
      const number = this.#blockOf(path)
      block = this.#block(number)
      at = block?.find(path) ?? -1
      if (block === undefined || at < 0) return undefined
      next.number = number
      next.block = block
    }
    next.at = at + 1
    if (next.at === block.paths.length)
      Object.assign(next, { number: next.number + 1, block: this.#block(next.number + 1), at: 0 })
    return block.matches(at, signature) ? { block, at } : undefined
  }

  /** All records, in order. */
  *records(): Generator<HashRecord> {
    for (let number = 0; number < this.#table.length; number++) {
      const block = this.#block(number)
      for (let at = 0; at < (block?.paths.length ?? 0); at++) if (block !== undefined) yield block.record(at)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #readTable(size: number): readonly BlockPlace[] {
    const trailer = this.#read(size - trailerSize, trailerSize)
    if (!trailer.subarray(16).equals(magic)) throw new RangeError('another kind of file')
    const [tableStart, length] = [Number(trailer.readBigUInt64LE(0)), trailer.readUInt32LE(8)]
    const table = this.#read(tableStart, length)
    if (tableStart + length + trailerSize !== size || crc32(table) !== trailer.readUInt32LE(12)) {
      throw new RangeError('a damaged table')
    }
    return JSON.parse(table.toString('latin1'))
  }

  /** The last block that does not begin after the path. */
  #blockOf(path: LayerPath): number {
    let [low, high] = [0, this.#table.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareMet(this.#table[middle]?.[3] ?? '', path) <= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #block(number: number): HashBlock | undefined {
    if (this.#blocks.has(number)) return this.#blocks.get(number)
    const place = this.#table[number]
    if (place === undefined) return undefined
    const block = this.#decode(place, this.#table[number - 1]?.[0] ?? 0)
    if (this.#blocks.size >= keptBlocks) this.#blocks.delete(this.#blocks.keys().next().value ?? 0)
    this.#blocks.set(number, block)
    return block
  }

  #decode([end, crc]: BlockPlace, start: number): HashBlock | undefined {
    try {
      const bytes = this.#read(start, end - start)
      return crc32(bytes) === crc ? new HashBlock(bytes) : undefined
    } catch {
      return undefined
    }
  }

  /** Bytes in memory of their own. */
  #read(start: number, length: number): Buffer {
    if (start < this.#tailStart) return readFully(this.#fd, start, length)
    const from = start - this.#tailStart
    const bytes = Buffer.allocUnsafeSlow(length)
    if (this.#tail.copy(bytes, 0, from, from + length) < length) throw new RangeError('cut short')
    return bytes
  }
}

/** Opens a cache file; undefined when it is not there, damaged, or of another version. To be closed. */
export function openHashFile(file: string): HashFile | undefined {
  let fd: number | undefined
  try {
    fd = openSync(file, 'r')
    return new HashFile(fd)
  } catch {
    if (fd !== undefined) closeSync(fd)
    return undefined
  }
}

function readFully(fd: number, start: number, length: number): Buffer {
  if (start < 0 || length < 0 || length > maxFileSize) throw new RangeError('cut short')
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let done = 0; done < length; ) {
    const count = readSync(fd, bytes, done, length - done, start + done)
    if (count === 0) throw new RangeError('cut short')
    done += count
  }
  return bytes
}

/**
 * Replaces the file as a whole: a reader sees the old or the new one. Records come in the order of `compareMet`; a file of
 * more than 1 GiB is not written. Errors of the filesystem are thrown.
 */
export function writeHashFile(file: string, records: Iterable<HashRecord>): void {
  const temporary = `${file}.tmp-${ownOwner()}`
  mkdirSync(dirname(file), { recursive: true })
  removeStale(file)
  try {
    if (writeTo(temporary, records)) renameSync(temporary, file)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** False when it would be too large. */
function writeTo(file: string, records: Iterable<HashRecord>): boolean {
  const fd = openSync(file, 'w', 0o600)
  try {
    const table: BlockPlace[] = []
    let end = 0
    for (const block of blocksOf(records)) {
      const bytes = encodeBlock(block)
      append(fd, bytes)
      end += bytes.length
      if (end > maxFileSize) return false
      table.push([end, crc32(bytes), block.length, block[0]?.path ?? ''])
    }
    append(fd, encodeTable(table, end))
    return true
  } finally {
    closeSync(fd)
  }
}

function* blocksOf(records: Iterable<HashRecord>): Generator<readonly HashRecord[]> {
  let block: HashRecord[] = []
  for (const record of records) {
    block.push(record)
    if (block.length < blockRecords) continue
    yield block
    block = []
  }
  if (block.length > 0) yield block
}

function encodeTable(table: readonly BlockPlace[], end: number): Buffer {
  const bytes = Buffer.from(JSON.stringify(table), 'latin1')
  const trailer = Buffer.alloc(trailerSize - magic.length)
  trailer.writeBigUInt64LE(BigInt(end), 0)
  trailer.writeUInt32LE(bytes.length, 8)
  trailer.writeUInt32LE(crc32(bytes), 12)
  return Buffer.concat([bytes, trailer, magic])
}

function append(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
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

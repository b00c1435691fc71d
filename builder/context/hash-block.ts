import { compareMet, type LayerPath } from '../layers/entry.ts'
import type { StatSignature } from './stat-signature.ts'

/** What is remembered of a path. */
export interface HashRecord {
  readonly path: LayerPath
  readonly signature: StatSignature
  /** Exact modification time, nanoseconds. */
  readonly mtime: bigint
  /** SHA-256 of the content; undefined for a directory, and for a file that was not read. */
  readonly hash: Uint8Array | undefined
  readonly xattrs: ReadonlyMap<string, Uint8Array>
}

/** Records of one block, but for the last. */
export const blockRecords = 512

const hasHash = 1
const numbersPerRecord = 6
const headerSize = 8
/** A hash has so many numbers of 32 bits. */
export const hashWords = 8
const sizeOfRecord = 8 * (numbersPerRecord + 1) + 33

/**
 * The bytes of a block of records:
 *
 *     records: u32 | length of the paths: u32
 *     dev, ino, size, mode, mtime, ctime as numbers: 48 bytes a record | exact times of modification: 8 bytes a record
 *     hashes: 32 bytes a record | flags: 1 byte a record | paths in latin1, joined by NUL
 *     extended attributes as JSON: [[record, [[name, value in base64], ...]], ...]
 *
 * Numbers have the byte order of the machine: the file never leaves it.
 */
export function encodeBlock(records: readonly HashRecord[]): Buffer {
  const count = records.length
  const names = Buffer.from(records.map(({ path }) => path).join('\0'), 'latin1')
  const columns = columnsOf(new ArrayBuffer(headerSize + count * sizeOfRecord), count)
  const xattrs: [number, [string, string][]][] = []
  for (const [at, record] of records.entries()) {
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = record.signature
    columns.numbers.set([dev, ino, size, mode, mtimeMs, ctimeMs], at * numbersPerRecord)
    columns.mtimes[at] = record.mtime
    if (record.hash !== undefined) columns.hashes.set(record.hash, at * 32)
    columns.flags[at] = record.hash === undefined ? 0 : hasHash
    if (record.xattrs.size > 0) xattrs.push([at, encodeXattrs(record.xattrs)])
  }
  const fixed = Buffer.from(columns.numbers.buffer)
  fixed.writeUInt32LE(count, 0)
  fixed.writeUInt32LE(names.length, 4)
  return Buffer.concat([fixed, names, Buffer.from(xattrs.length === 0 ? '[]' : JSON.stringify(xattrs), 'latin1')])
}

interface Columns {
  readonly numbers: Float64Array
  readonly mtimes: BigInt64Array
  readonly hashes: Buffer
  /** The same bytes. */
  readonly hashWords: Int32Array
  readonly flags: Uint8Array
}

function columnsOf(bytes: ArrayBufferLike, count: number): Columns {
  const mtimesAt = headerSize + count * 8 * numbersPerRecord
  const hashesAt = mtimesAt + count * 8
  return {
    numbers: new Float64Array(bytes, headerSize, count * numbersPerRecord),
    mtimes: new BigInt64Array(bytes, mtimesAt, count),
    hashes: Buffer.from(bytes, hashesAt, count * 32),
    hashWords: new Int32Array(bytes, hashesAt, count * hashWords),
    flags: new Uint8Array(bytes, hashesAt + count * 32, count),
  }
}

/** A block that was read. */
export class HashBlock {
  readonly paths: readonly LayerPath[]
  readonly #columns: Columns
  readonly #xattrs: ReadonlyMap<number, readonly (readonly [string, string])[]>

  /** `bytes` begin where their memory does. Throws when they are not those of a block. */
  constructor(bytes: Buffer) {
    const count = bytes.readUInt32LE(0)
    const pathsAt = headerSize + count * sizeOfRecord
    const pathsEnd = pathsAt + bytes.readUInt32LE(4)
    this.paths = bytes.toString('latin1', pathsAt, pathsEnd).split('\0')
    if (this.paths.length !== count || pathsEnd > bytes.length) throw new RangeError('a block of another length')
    this.#columns = columnsOf(bytes.buffer, count)
    const xattrs: [number, [string, string][]][] = JSON.parse(bytes.toString('latin1', pathsEnd))
    this.#xattrs = new Map(xattrs)
  }

  /** Where a path stands; -1 when it does not. */
  find(path: LayerPath): number {
    let [low, high] = [0, this.paths.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareMet(this.paths[middle] ?? '', path) < 0) low = middle + 1
      else high = middle
    }
    return this.paths[low] === path ? low : -1
  }

  matches(at: number, signature: StatSignature): boolean {
    const first = at * numbersPerRecord
    const { numbers } = this.#columns
    return (
      numbers[first + 5] === signature.ctimeMs &&
      numbers[first + 1] === signature.ino &&
      numbers[first + 2] === signature.size &&
      numbers[first + 4] === signature.mtimeMs &&
      numbers[first + 3] === signature.mode &&
      numbers[first] === signature.dev
    )
  }

  record(at: number): HashRecord {
    const { numbers, hashes } = this.#columns
    const own = numbers.subarray(at * numbersPerRecord, (at + 1) * numbersPerRecord)
    const [dev = 0, ino = 0, size = 0, mode = 0, mtimeMs = 0, ctimeMs = 0] = own
    const hash = this.hasHash(at) ? hashes.subarray(at * 32, at * 32 + 32) : undefined
    const signature = { dev, ino, size, mode, mtimeMs, ctimeMs }
    return { path: this.paths[at] ?? '', signature, mtime: this.mtime(at), hash, xattrs: this.xattrs(at) }
  }

  mtime(at: number): bigint {
    return this.#columns.mtimes[at] ?? 0n
  }

  hasHash(at: number): boolean {
    return ((this.#columns.flags[at] ?? 0) & hasHash) !== 0
  }

  /** Copies a hash to the words that begin at a place. */
  copyHash(at: number, target: Int32Array, place: number): void {
    const words = this.#columns.hashWords
    for (let i = 0; i < hashWords; i++) target[place + i] = words[at * hashWords + i] ?? 0
  }

  xattrs(at: number): ReadonlyMap<string, Uint8Array> {
    const xattrs = this.#xattrs.size === 0 ? undefined : this.#xattrs.get(at)
    return xattrs === undefined ? noXattrs : new Map(xattrs.map(decodeXattr))
  }
}

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

function encodeXattrs(xattrs: ReadonlyMap<string, Uint8Array>): [string, string][] {
  return [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')])
}

function decodeXattr([name, value]: readonly [string, string]): [string, Uint8Array] {
  return [name, Buffer.from(value, 'base64')]
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { errnoOf } from '../../shared/base/errors.ts'
import { ByteSpool } from './byte-spool.ts'
import { comparePaths, type LayerEntry } from './entry.ts'
import { decodeBlock, type IndexBlock } from './index-block.ts'
import { indexInvalid } from './index-bytes.ts'
import { encodeLayerIndex, IndexEncoder, trailerSize } from './index-encode.ts'
import { blockIndex } from './index-search.ts'
import { type BlockPlace, decodeTable, decodeTrailer } from './index-table.ts'
import type { LayerIndex } from './index-types.ts'

export type { LayerIndex } from './index-types.ts'
export { encodeLayerIndex }

/** Reads `length` bytes at `offset` of an index file. */
type ReadAt = (offset: number, length: number) => Buffer

/** The end of the file is read in one piece of this size: table and trailer of most layers, all of a small one. */
const tailSize = 32 * 1024
/** Decoded blocks that an index keeps. */
const cachedBlocks = 24

/**
 * Opens an index file. Reads its end only; blocks are read as look-ups need them. Holds no descriptor. `keptBlocks` decoded
 * blocks stay in memory; one is enough for a reader that goes through all records once. INDEX_INVALID when the file is
 * missing, damaged or of another version.
 */
export function openLayerIndex(file: string, { keptBlocks = cachedBlocks }: { keptBlocks?: number } = {}): LayerIndex {
  const { size, tail } = readTail(file)
  const readAt: ReadAt = (offset, length) => {
    const start = offset - (size - tail.length)
    return start >= 0 ? tail.subarray(start, start + length) : readFileAt(file, offset, length)
  }
  return openIndex(size, readAt, keptBlocks)
}

/** Opens the bytes of an index file that are in memory. */
export function parseLayerIndex(bytes: Buffer): LayerIndex {
  return openIndex(bytes.length, (offset, length) => bytes.subarray(offset, offset + length))
}

/** The index of sorted records: in `folder` when it is large, in a file without a name, and without a folder in memory. */
export function indexOf(records: Iterable<LayerEntry>, folder?: string): LayerIndex {
  const spool = new ByteSpool(folder)
  const read: ReadAt = (offset, length) => Buffer.from(spool.read(offset, length))
  const encoder = new IndexEncoder({ write: (bytes) => spool.append(bytes), read }, folder)
  try {
    for (const record of records) encoder.add(record)
    encoder.end()
    const index = openIndex(spool.size, read)
    unusedIndexes.register(index, spool)
    return index
  } catch (error) {
    encoder.close()
    spool.close()
    throw error
  }
}

const unusedIndexes = new FinalizationRegistry((spool: ByteSpool) => spool.close())

function openIndex(size: number, readAt: ReadAt, keptBlocks = cachedBlocks): LayerIndex {
  if (size < trailerSize) throw indexInvalid('it is cut off')
  const trailer = decodeTrailer(readAt(size - trailerSize, trailerSize), size)
  const table = decodeTable(readAt(trailer.blockBytes, trailer.tableLength), trailer)
  return blockIndex(table, cachedLoader(table.blocks, readAt, keptBlocks))
}

/** Loads blocks and keeps those used last. */
function cachedLoader(
  places: readonly BlockPlace[],
  readAt: ReadAt,
  keptBlocks: number,
): (number: number) => IndexBlock {
  const cache = new Map<number, IndexBlock>()
  return (number) => {
    const place = places[number]
    if (place === undefined) throw new RangeError(`no block ${number} in this index`)
    const block = cache.get(number) ?? loadBlock(place, places[number + 1], readAt)
    cache.delete(number)
    cache.set(number, block)
    if (cache.size > keptBlocks) cache.delete(cache.keys().next().value ?? 0)
    return block
  }
}

function loadBlock(place: BlockPlace, next: BlockPlace | undefined, readAt: ReadAt): IndexBlock {
  const bytes = readAt(place.offset, place.length)
  if (crc32(bytes) !== place.crc) throw indexInvalid('a block is damaged')
  const block = decodeBlock(bytes, place.records)
  const last = block.paths.at(-1) ?? ''
  if (next !== undefined && comparePaths(last, next.firstPath) > 0) throw indexInvalid('blocks are out of order')
  if (block.paths[0] !== place.firstPath) throw indexInvalid('a block is not the one that the table names')
  return block
}

function readTail(file: string): { readonly size: number; readonly tail: Buffer } {
  return withFile(file, (fd) => {
    const { size } = fstatSync(fd)
    const length = Math.min(size, tailSize)
    return { size, tail: readFully(fd, size - length, length) }
  })
}

function readFileAt(file: string, offset: number, length: number): Buffer {
  return withFile(file, (fd) => readFully(fd, offset, length))
}

function withFile<T>(file: string, use: (fd: number) => T): T {
  const fd = openForReading(file)
  try {
    return use(fd)
  } finally {
    closeSync(fd)
  }
}

function openForReading(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw indexInvalid('the file is missing', error)
    throw error
  }
}

function readFully(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  let done = 0
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, offset + done)
    if (count === 0) throw indexInvalid('it is cut off')
    done += count
  }
  return bytes
}

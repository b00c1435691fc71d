import { crc32 } from 'node:zlib'
import type { LayerPath } from './entry.ts'
import { checkPath } from './index-block.ts'
import { ByteReader, indexInvalid } from './index-bytes.ts'
import { indexMagic, indexVersion, trailerSize } from './index-encode.ts'
import type { LayerTotals } from './index-types.ts'
import { type SortedPaths, takeSortedPaths } from './sorted-paths.ts'

/** Where a block lies in the index file. */
export interface BlockPlace {
  readonly offset: number
  readonly length: number
  readonly crc: number
  readonly records: number
  readonly firstPath: LayerPath
}

export interface IndexTable {
  readonly totals: LayerTotals
  readonly blocks: readonly BlockPlace[]
  /** Implicit directories, foreign links, link targets; checked when first asked for. */
  readonly lists: () => readonly SortedPaths[]
}

export interface Trailer {
  readonly tableLength: number
  readonly tableCrc: number
  readonly blockBytes: number
}

const maxTable = 256 << 20
const maxBlock = 64 << 20

/** Decodes the last {@link trailerSize} bytes of an index file of `fileSize` bytes. */
export function decodeTrailer(bytes: Buffer, fileSize: number): Trailer {
  if (bytes.length !== trailerSize) throw indexInvalid('it is cut off')
  if (bytes.toString('latin1', 0, 8) !== indexMagic) throw indexInvalid('it is not an index, or cut off')
  if (crc32(bytes.subarray(0, 28)) !== bytes.readUInt32LE(28)) throw indexInvalid('the trailer is damaged')
  const version = bytes.readUInt32LE(8)
  if (version !== indexVersion) throw indexInvalid(`it has version ${version}, this program reads ${indexVersion}`)
  const trailer = {
    tableLength: bytes.readUInt32LE(12),
    tableCrc: bytes.readUInt32LE(16),
    blockBytes: Number(bytes.readBigUInt64LE(20)),
  }
  const size = trailer.blockBytes + trailer.tableLength + trailerSize
  if (trailer.tableLength > maxTable || size !== fileSize) throw indexInvalid('its size is wrong')
  return trailer
}

/** Decodes the table; INDEX_INVALID when it is not the one that the trailer tells of. */
export function decodeTable(bytes: Buffer, trailer: Trailer): IndexTable {
  if (crc32(bytes) !== trailer.tableCrc) throw indexInvalid('the table is damaged')
  const reader = new ByteReader(bytes)
  const [entries, files, size, whiteouts] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()]
  const blocks = readBlocks(reader, trailer.blockBytes)
  const counted = blocks.reduce((sum, block) => sum + block.records, 0)
  if (counted !== entries) throw indexInvalid('the table does not count its records')
  let lists: SortedPaths[] | undefined
  const readLists = (): SortedPaths[] => [readPaths(reader), readPaths(reader), readPaths(reader)]
  return { totals: { entries, files, bytes: size, whiteouts }, blocks, lists: () => (lists ??= readLists()) }
}

function readBlocks(reader: ByteReader, blockBytes: number): BlockPlace[] {
  const count = reader.varint()
  const blocks: BlockPlace[] = []
  let offset = 0
  for (let i = 0; i < count; i++) {
    const length = reader.varint()
    if (length > maxBlock) throw indexInvalid('a block is too large')
    const place = { offset, length, crc: reader.uint32(), records: reader.varint(), firstPath: reader.text() }
    if (place.records === 0) throw indexInvalid('a block is empty')
    blocks.push(place)
    offset += length
  }
  if (offset !== blockBytes) throw indexInvalid('the table does not fit the blocks')
  return blocks
}

function readPaths(reader: ByteReader): SortedPaths {
  const count = reader.varint()
  if (count > reader.left) throw indexInvalid('the table is cut off')
  return takeSortedPaths(reader, count, checkPath)
}

import { crc32 } from 'node:zlib'
import type { LayerEntry, LayerPath } from './entry.ts'
import { ByteWriter } from './index-bytes.ts'
import { writeRecord } from './index-record.ts'
import { type LayerSummary, summarize } from './index-summary.ts'

/**
 * The layer index file, little endian, numbers are LEB128 varints unless a width is named:
 *
 *     blocks    each about {@link blockTarget} bytes of records. A record: bytes shared with the path before it (0 for
 *               the first of a block), the rest of the path, length of the body, body (index-record.ts)
 *     table     totals; number of blocks, and of each: bytes, crc32 (4 bytes), records, first path;
 *               implicit directories; foreign links; link targets
 *     trailer   {@link trailerSize} bytes: magic, version (4), bytes of the table (4), its crc32 (4),
 *               bytes of all blocks (8), crc32 of the trailer so far (4)
 *
 * The trailer stands last so that opening is one read at the end of the file.
 */
export const indexMagic = 'ibldx\x00\r\n'
export const indexVersion = 1
export const trailerSize = 32
/** A block is closed once it has this many bytes. */
const blockTarget = 16 * 1024

interface BlockInfo {
  readonly bytes: Buffer
  readonly records: number
  readonly firstPath: LayerPath
}

/** The index file of a layer's sorted records; INDEX_INVALID when they are not in order or cannot be one layer. */
export function encodeLayerIndex(records: readonly LayerEntry[]): Buffer {
  const summary = summarize(records)
  const blocks = encodeBlocks(records)
  const table = encodeTable(summary, blocks)
  const body = blocks.map((block) => block.bytes)
  return Buffer.concat([...body, table, encodeTrailer(table, sumLengths(body))])
}

function encodeBlocks(records: readonly LayerEntry[]): BlockInfo[] {
  const blocks: BlockInfo[] = []
  const block = new ByteWriter()
  const record = new ByteWriter()
  let first = 0
  records.forEach((entry, i) => {
    const before = i === first ? '' : (records[i - 1]?.path ?? '')
    const shared = sharedLength(before, entry.path)
    block.varint(shared)
    block.text(entry.path, shared)
    writeRecord(record, entry)
    block.bytes(record.take())
    if (block.length < blockTarget && i + 1 < records.length) return
    blocks.push({ bytes: block.take(), records: i + 1 - first, firstPath: records[first]?.path ?? '' })
    first = i + 1
  })
  return blocks
}

function sharedLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}

function encodeTable(summary: LayerSummary, blocks: readonly BlockInfo[]): Buffer {
  const table = new ByteWriter()
  const { totals } = summary
  for (const total of [totals.entries, totals.files, totals.bytes, totals.whiteouts]) table.varint(total)
  table.varint(blocks.length)
  for (const block of blocks) {
    table.varint(block.bytes.length)
    table.uint32(crc32(block.bytes))
    table.varint(block.records)
    table.text(block.firstPath)
  }
  for (const paths of [summary.implicitDirs, summary.foreignLinks, summary.linkTargets]) writePaths(table, paths)
  return table.take()
}

function writePaths(table: ByteWriter, paths: readonly LayerPath[]): void {
  table.varint(paths.length)
  for (const path of paths) table.text(path)
}

function encodeTrailer(table: Buffer, blockBytes: number): Buffer {
  const trailer = Buffer.alloc(trailerSize)
  trailer.write(indexMagic, 0, 'latin1')
  trailer.writeUInt32LE(indexVersion, 8)
  trailer.writeUInt32LE(table.length, 12)
  trailer.writeUInt32LE(crc32(table), 16)
  trailer.writeBigUInt64LE(BigInt(blockBytes), 20)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 28)), 28)
  return trailer
}

function sumLengths(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0)
}

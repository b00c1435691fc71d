import { crc32 } from 'node:zlib'
import { comparePaths, type LayerEntry, type LayerPath } from './entry.ts'
import { decodeBlock } from './index-block.ts'
import { ByteWriter } from './index-bytes.ts'
import { writeRecord } from './index-record.ts'
import { type LayerSummary, Summarizer } from './index-summary.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'

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
  readonly offset: number
  readonly length: number
  readonly crc: number
  readonly records: number
  readonly firstPath: LayerPath
}

/** Where the bytes of an index go. */
export interface IndexOutput {
  /** Appends bytes, which are not changed afterwards. */
  write(bytes: Buffer): void
  /** Bytes of one earlier `write`. */
  read(offset: number, length: number): Buffer
}

/** Writes the index file of a layer record by record; it keeps the names that hardlinks tell, and the table. */
export class IndexEncoder {
  readonly #output: IndexOutput
  readonly #summary = new Summarizer()
  readonly #blocks: BlockInfo[] = []
  readonly #block = new ByteWriter()
  readonly #record = new ByteWriter()
  /** Of the block. */
  #records = 0
  #total = 0
  #firstPath = ''
  #lastPath = ''
  #written = 0

  constructor(output: IndexOutput) {
    this.#output = output
  }

  /** Takes the next record; INDEX_INVALID when it is not in order or cannot be in one layer with those before. */
  add(record: LayerEntry): void {
    this.#summary.add(record)
    if (this.#records === 0) this.#firstPath = record.path
    const shared = this.#records === 0 ? 0 : sharedLength(this.#lastPath, record.path)
    this.#block.varint(shared)
    this.#block.text(record.path, shared)
    writeRecord(this.#record, record)
    this.#block.bytes(this.#record.take())
    this.#lastPath = record.path
    this.#records++
    if (++this.#total === manyRecords) tellManyRecords()
    if (this.#block.length >= blockTarget) this.#endBlock()
  }

  /** Writes table and trailer. */
  end(): void {
    if (this.#records > 0) this.#endBlock()
    const table = encodeTable(this.#summary.end(this.#ownPaths(this.#summary.links)), this.#blocks)
    this.#output.write(table)
    this.#output.write(encodeTrailer(table, this.#written))
  }

  #endBlock(): void {
    const bytes = this.#block.take()
    const place = { offset: this.#written, length: bytes.length, crc: crc32(bytes) }
    this.#blocks.push({ ...place, records: this.#records, firstPath: this.#firstPath })
    this.#output.write(bytes)
    this.#written += bytes.length
    this.#records = 0
  }

  /** Those of some paths that have an entry, in order: looked up in the blocks, which are not kept. */
  #ownPaths(paths: ReadonlySet<LayerPath>): LayerPath[] {
    const wanted = [...paths].sort(comparePaths)
    let next = 0
    return this.#blocks.flatMap((block, i) => {
      while (next < wanted.length && comparePaths(wanted[next] ?? '', block.firstPath) < 0) next++
      const path = wanted[next]
      const end = this.#blocks[i + 1]?.firstPath
      if (path === undefined || (end !== undefined && comparePaths(path, end) > 0)) return []
      return entriesIn(this.#output.read(block.offset, block.length), block.records, paths)
    })
  }
}

function entriesIn(bytes: Buffer, records: number, wanted: ReadonlySet<LayerPath>): LayerPath[] {
  const block = decodeBlock(bytes, records)
  return block.paths.filter((path, i) => wanted.has(path) && block.entry(i).type !== 'whiteout')
}

/** The index file of a layer's sorted records; INDEX_INVALID when they are not in order or cannot be one layer. */
export function encodeLayerIndex(records: Iterable<LayerEntry>): Buffer {
  const pieces = new Map<number, Buffer>()
  let size = 0
  const encoder = new IndexEncoder({
    write: (bytes) => {
      pieces.set(size, bytes)
      size += bytes.length
    },
    read: (offset) => pieces.get(offset) ?? Buffer.alloc(0),
  })
  for (const record of records) encoder.add(record)
  encoder.end()
  return Buffer.concat([...pieces.values()])
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
    table.varint(block.length)
    table.uint32(block.crc)
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

import { crc32 } from 'node:zlib'
import { comparePaths, type LayerEntry, type LayerPath } from './entry.ts'
import { decodeBlock } from './index-block.ts'
import { ByteWriter } from './index-bytes.ts'
import { writeRecord } from './index-record.ts'
import { Summarizer } from './index-summary.ts'
import type { LayerTotals } from './index-types.ts'
import { mostTableBytes, tooManyNames } from './layer-size.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'
import { PathList } from './path-list.ts'

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
/** Most that a block takes in the table beside its first path. */
const bytesPerBlock = 16

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
  readonly #folder: string | undefined
  readonly #summary: Summarizer
  readonly #blocks: BlockInfo[] = []
  readonly #block = new ByteWriter()
  readonly #record = new ByteWriter()
  /** Of the block. */
  #records = 0
  #firstPath = ''
  #lastPath = ''
  #written = 0
  /** Bytes that the blocks take in the table. */
  #blockTable = 0

  /** Lists that are long go to the disk, in `folder`. */
  constructor(output: IndexOutput, folder?: string) {
    this.#output = output
    this.#folder = folder
    this.#summary = new Summarizer(folder)
  }

  /** Records so far. */
  get length(): number {
    return this.#summary.totals.entries
  }

  /**
   * Takes the next record; INDEX_INVALID when it is not in order or cannot be in one layer with those before,
   * LAYER_TOO_LARGE when what has to be at hand of the index becomes too much.
   */
  add(record: LayerEntry): void {
    this.#summary.add(record)
    if (this.#records === 0) this.#firstPath = record.path
    const shared = this.#records === 0 ? 0 : sharedLength(this.#lastPath, record.path)
    this.#block.varint(shared)
    this.#block.text(record.path, shared)
    writeRecord(this.#record, record)
    this.#block.bytes(this.#record.view())
    this.#lastPath = record.path
    this.#records++
    if (this.length === manyRecords) tellManyRecords()
    if (this.#block.length >= blockTarget) this.#endBlock()
  }

  /** Writes table and trailer. */
  end(): void {
    if (this.#records > 0) this.#endBlock()
    this.#findOwnLinks()
    let [crc, length] = [0, 0]
    for (const piece of this.#table()) {
      crc = crc32(piece, crc)
      length += piece.length
      this.#output.write(piece)
    }
    this.#output.write(encodeTrailer({ crc, length }, this.#written))
    this.close()
  }

  /** To be called when the index is not ended. */
  close(): void {
    this.#summary.close()
  }

  #endBlock(): void {
    const bytes = this.#block.take()
    const place = { offset: this.#written, length: bytes.length, crc: crc32(bytes) }
    this.#blocks.push({ ...place, records: this.#records, firstPath: this.#firstPath })
    this.#output.write(bytes)
    this.#written += bytes.length
    this.#records = 0
    this.#checkTable()
  }

  #checkTable(): void {
    const { links, implicitDirs } = this.#summary
    this.#blockTable += this.#firstPath.length + bytesPerBlock
    if (this.#blockTable + links.bytes + implicitDirs.size > mostTableBytes) throw tooManyNames()
  }

  *#table(): Generator<Buffer> {
    yield encodeBlocks(this.#summary.totals, this.#blocks)
    yield* this.#summary.implicitDirs.pieces()
    yield* this.#list(this.#summary.links.foreign())
    yield* this.#list(this.#summary.links.own())
  }

  *#list(paths: Iterable<LayerPath>): Generator<Buffer> {
    const list = new PathList(this.#folder)
    for (const path of paths) list.add(path)
    yield* list.pieces()
    list.close()
  }

  /** Links are looked up in the blocks, which are not kept. */
  #findOwnLinks(): void {
    const { links } = this.#summary
    let [number, loaded] = [0, -1]
    let hasEntry: (path: LayerPath) => boolean = () => false
    for (const link of links.all()) {
      while (number + 1 < this.#blocks.length && !isBefore(link, this.#blocks[number + 1])) number++
      if (loaded !== number) hasEntry = this.#entriesOf(number)
      loaded = number
      if (hasEntry(link)) links.setOwn(link)
    }
  }

  /** Tells of which paths a block has an entry. */
  #entriesOf(number: number): (path: LayerPath) => boolean {
    const { offset, length, records } = this.#blocks[number] ?? noBlock
    const block = decodeBlock(this.#output.read(offset, length), records)
    // Of the records of one path the entry is the last.
    const places = new Map(block.paths.map((path, place) => [path, place]))
    return (path) => {
      const place = places.get(path)
      return place !== undefined && block.decode(place).type !== 'whiteout'
    }
  }
}

const noBlock: BlockInfo = { offset: 0, length: 0, crc: 0, records: 0, firstPath: '' }

function isBefore(path: LayerPath, block: BlockInfo | undefined): boolean {
  return block === undefined || comparePaths(path, block.firstPath) < 0
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

/** The table up to its lists. */
function encodeBlocks(totals: LayerTotals, blocks: readonly BlockInfo[]): Buffer {
  const table = new ByteWriter()
  for (const total of [totals.entries, totals.files, totals.bytes, totals.whiteouts]) table.varint(total)
  table.varint(blocks.length)
  for (const block of blocks) {
    table.varint(block.length)
    table.uint32(block.crc)
    table.varint(block.records)
    table.text(block.firstPath)
  }
  return table.take()
}

function encodeTrailer(table: { readonly length: number; readonly crc: number }, blockBytes: number): Buffer {
  const trailer = Buffer.alloc(trailerSize)
  trailer.write(indexMagic, 0, 'latin1')
  trailer.writeUInt32LE(indexVersion, 8)
  trailer.writeUInt32LE(table.length, 12)
  trailer.writeUInt32LE(table.crc, 16)
  trailer.writeBigUInt64LE(BigInt(blockBytes), 20)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 28)), 28)
  return trailer
}

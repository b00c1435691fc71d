import { floatColumn } from './columns.ts'
import type { LayerEntry, LayerPath } from './entry.ts'
import { ByteReader, ByteWriter } from './index-bytes.ts'
import { readRecord, writeRecord } from './index-record.ts'

const chunkSize = 256 * 1024

/** Entries without their paths, encoded, by number: one takes about 60 bytes, where an object takes 400. */
export class RecordHeap {
  /** How many entries there are; numbers are below it. */
  size = 0
  readonly #chunks: Buffer[] = []
  readonly #writer = new ByteWriter()
  /** Where a record starts: its chunk, and the place in it. */
  readonly #places = floatColumn()

  /** Keeps an entry; its number. INDEX_INVALID when a number in it is beyond what an index can hold. */
  add(entry: LayerEntry): number {
    if (this.#writer.length >= chunkSize) this.#chunks.push(this.#writer.take())
    const start = this.#writer.length
    this.#places.set(this.size, this.#chunks.length * 2 ** 32 + start)
    writeRecord(this.#writer, entry)
    return this.size++
  }

  /** The entry of a number, with a path. */
  get(number: number, path: LayerPath): LayerEntry {
    const place = this.#places.get(number) ?? 0
    const chunk = Math.floor(place / 2 ** 32)
    if (this.#chunks.length === chunk) this.#chunks.push(this.#writer.take())
    const next = number + 1 < this.size ? this.#places.get(number + 1) : undefined
    const bytes = this.#chunks[chunk] ?? Buffer.alloc(0)
    const end = next === undefined || Math.floor(next / 2 ** 32) !== chunk ? bytes.length : next % 2 ** 32
    return readRecord(new ByteReader(bytes, place % 2 ** 32, end), path)
  }
}

import { ByteSpool } from './byte-spool.ts'
import { type Column, placeColumn } from './columns.ts'
import type { LayerEntry, LayerPath } from './entry.ts'
import { ByteReader, ByteWriter } from './index-bytes.ts'
import { readRecord, writeRecord } from './index-record.ts'
import { mostMetadata, tooMuchMetadata } from './layer-size.ts'
import type { PagePool } from './page-pool.ts'

/**
 * Entries without their paths, encoded, by number. When they are many they are on the disk, where an object takes 400
 * bytes of memory.
 */
export class RecordHeap {
  /** How many entries there are; numbers are below it. */
  size = 0
  readonly #spool: ByteSpool
  readonly #writer = new ByteWriter()
  /** Where a record starts. */
  readonly #places: Column<Uint32Array>

  /** The pool, and its folder, take what becomes much; it is closed by whom it belongs to. */
  constructor(pool?: PagePool) {
    this.#spool = new ByteSpool(pool?.folder)
    this.#places = placeColumn(pool)
  }

  /**
   * Keeps an entry; its number. INDEX_INVALID when a number in it is beyond what an index can hold, LAYER_TOO_LARGE when all
   * entries together take more than 4 GiB: places are kept as 32-bit numbers.
   */
  add(entry: LayerEntry): number {
    writeRecord(this.#writer, entry)
    const record = this.#writer.view()
    if (this.#spool.size + record.length > mostMetadata) throw tooMuchMetadata()
    this.#places.set(this.size, this.#spool.size)
    this.#spool.append(record)
    return this.size++
  }

  /** The entry of a number, with a path. */
  get(number: number, path: LayerPath): LayerEntry {
    const start = this.#places.get(number) ?? 0
    const end = number + 1 < this.size ? (this.#places.get(number + 1) ?? 0) : this.#spool.size
    return readRecord(new ByteReader(this.#spool.read(start, end - start)), path)
  }

  /** Ends the use; nothing is left on the disk. */
  close(): void {
    this.#spool.close()
  }
}

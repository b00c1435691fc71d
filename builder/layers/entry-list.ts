import { ByteSpool } from './byte-spool.ts'
import type { LayerEntry } from './entry.ts'
import { ByteReader, ByteWriter } from './index-bytes.ts'
import { readRecord, writeRecord } from './index-record.ts'

const lengthSize = 4

/** Entries with their paths, encoded, in the order in which they come; gone through again and again. Many are kept on the disk. */
export class EntryList implements Iterable<LayerEntry> {
  length = 0
  readonly #spool: ByteSpool
  readonly #record = new ByteWriter()
  readonly #framed = new ByteWriter()

  /** `folder` takes the entries when they are many; without it they stay in memory. */
  constructor(folder: string | undefined) {
    this.#spool = new ByteSpool(folder)
  }

  /** INDEX_INVALID when a number in the entry is beyond what an index can hold. */
  add(entry: LayerEntry): void {
    this.#record.text(entry.path)
    writeRecord(this.#record, entry)
    this.#framed.uint32(this.#record.length)
    this.#framed.raw(this.#record.view())
    this.#spool.append(this.#framed.view())
    this.length++
  }

  *[Symbol.iterator](): Generator<LayerEntry> {
    for (let at = 0; at < this.#spool.size; ) {
      const length = this.#spool.read(at, lengthSize).readUInt32LE()
      const reader = new ByteReader(this.#spool.read(at + lengthSize, length))
      const path = reader.text()
      yield readRecord(reader, path)
      at += lengthSize + length
    }
  }

  /** To be called at the end of the use: nothing is left on the disk. */
  close(): void {
    this.#spool.close()
  }
}

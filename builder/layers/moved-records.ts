import { type Column, intColumn } from './columns.ts'
import type { LayerEntry } from './entry.ts'
import { PagePool } from './page-pool.ts'
import { PathTable } from './path-table.ts'
import { RecordHeap } from './record-heap.ts'

/** Records of a layer that come in any order, and are given back in order; of two of a kind at one path the later one stays. */
export class MovedRecords {
  readonly #pool: PagePool
  readonly #paths: PathTable
  readonly #records: RecordHeap
  /** By number of the path: 1 + the number of the record, 0 for none. */
  readonly #entries: Column<Int32Array>
  readonly #whiteouts: Column<Int32Array>
  readonly #opaqueMarks: Column<Int32Array>

  /** What comes is kept in `folder` when it is much, and without one in memory. */
  constructor(folder: string | undefined) {
    const pool = new PagePool(folder)
    this.#pool = pool
    this.#paths = new PathTable(pool)
    this.#records = new RecordHeap(pool)
    this.#entries = intColumn(pool)
    this.#whiteouts = intColumn(pool)
    this.#opaqueMarks = intColumn(pool)
  }

  add(record: LayerEntry): void {
    this.#columnOf(record).set(this.#paths.intern(record.path), this.#records.add(record) + 1)
  }

  #columnOf({ type, opaque }: LayerEntry): Column<Int32Array> {
    if (type !== 'whiteout') return this.#entries
    return opaque ? this.#opaqueMarks : this.#whiteouts
  }

  /** A directory that has an entry and, from elsewhere, an opaque mark becomes one opaque entry. */
  *[Symbol.iterator](): Generator<LayerEntry> {
    for (const path of this.#paths.ordered()) {
      const whiteout = this.#at(this.#whiteouts, path)
      const mark = this.#at(this.#opaqueMarks, path)
      const entry = this.#at(this.#entries, path)
      if (whiteout !== undefined) yield whiteout
      if (entry !== undefined) yield mark === undefined ? entry : { ...entry, opaque: true }
      else if (mark !== undefined) yield mark
    }
  }

  #at(column: Column<Int32Array>, path: number): LayerEntry | undefined {
    const number = column.get(path) ?? 0
    return number === 0 ? undefined : this.#records.get(number - 1, this.#paths.path(path))
  }

  /** Ends the use; nothing is left on the disk. */
  close(): void {
    this.#records.close()
    this.#pool.close()
  }
}

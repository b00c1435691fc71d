import { type Column, intColumn } from '../layers/columns.ts'
import type { PagePool } from '../layers/page-pool.ts'

/** What each directory that was read has, as numbers of paths, one list after the other in a column. */
export class NodeLists {
  /** By number of a directory that was read: 1 + where its list begins, which is a count and so many numbers. */
  readonly #starts: Column<Int32Array>
  readonly #listed: Column<Int32Array>
  #end = 0

  /** The pool takes what becomes much, and is closed by whom it belongs to. */
  constructor(pool: PagePool) {
    this.#starts = intColumn(pool)
    this.#listed = intColumn(pool)
  }

  has(directory: number): boolean {
    return (this.#starts.get(directory) ?? 0) > 0
  }

  /** Empty for a directory without a list. */
  get(directory: number): Int32Array {
    const start = this.#starts.get(directory) ?? 0
    const numbers = new Int32Array(this.#listed.get(start - 1) ?? 0)
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.#listed.get(start + i) ?? 0
    return numbers
  }

  set(directory: number, numbers: Int32Array): void {
    this.#listed.set(this.#end++, numbers.length)
    this.#starts.set(directory, this.#end)
    for (const number of numbers) this.#listed.set(this.#end++, number)
  }
}

import { type Column, intColumn } from '../layers/columns.ts'
import type { PagePool } from '../layers/page-pool.ts'
import { PathTable } from '../layers/path-table.ts'

/** Which staged paths are one file with several names. A group has a number, not 0. */
export class LinkGroups {
  /** By number of the path: the number of its group, 0 for none. */
  readonly #groupOf: Column<Int32Array>
  /** Numbers for the names of groups, which need not be paths. */
  readonly #names: PathTable
  /** By number of the group: the record that was put last, which tells the metadata of all names. */
  readonly #records: Column<Int32Array>

  /** The pool takes what becomes much, and is closed by whom it belongs to. */
  constructor(pool: PagePool) {
    this.#groupOf = intColumn(pool)
    this.#names = new PathTable(pool)
    this.#records = intColumn(pool)
  }

  /** The group of a path. */
  of(path: number): number | undefined {
    return this.#groupOf.get(path) || undefined
  }

  name(group: number): string {
    return this.#names.path(group)
  }

  /** The path is in this group, or in none, and was put with this record. Names end with no slash. */
  set(path: number, group: string | undefined, record: number): void {
    if (group === undefined) {
      if (this.#names.size > 1) this.#groupOf.set(path, 0)
      return
    }
    const number = this.#names.intern(group)
    this.#groupOf.set(path, number)
    this.#records.set(number, record)
  }

  /** The record that was put last of a group. */
  lastRecord(group: number): number | undefined {
    return this.#records.get(group)
  }
}

import { intColumn } from '../layers/columns.ts'

/** Which staged paths are one file with several names. */
export class LinkGroups {
  /** By number of the path: 1 + the number of its group, 0 for none. */
  readonly #groupOf = intColumn()
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []
  /** By number of the group: the record that was put last, which tells the metadata of all names. */
  readonly #records = intColumn()

  /** The group of a path. */
  of(path: number): string | undefined {
    return this.#names[(this.#groupOf.get(path) ?? 0) - 1]
  }

  /** The path is in this group, or in none, and was put with this record. */
  set(path: number, group: string | undefined, record: number): void {
    if (group === undefined) {
      if (this.#names.length > 0) this.#groupOf.set(path, 0)
      return
    }
    let number = this.#numbers.get(group)
    if (number === undefined) {
      number = this.#names.push(group) - 1
      this.#numbers.set(group, number)
    }
    this.#groupOf.set(path, number + 1)
    this.#records.set(number, record)
  }

  /** The record that was put last of a group. */
  lastRecord(group: string): number | undefined {
    const number = this.#numbers.get(group)
    return number === undefined ? undefined : this.#records.get(number)
  }
}

import { intColumn } from './columns.ts'
import type { LayerPath } from './entry.ts'
import { PathTable } from './path-table.ts'

/** Paths by path, where a Map of strings would take several times the memory. Neither may be empty. */
export class PathMap {
  readonly #keys = new PathTable()
  readonly #values = new PathTable()
  /** By number of the key: number of the value, 0 none. */
  readonly #numbers = intColumn()

  get(key: LayerPath): LayerPath | undefined {
    const known = this.#keys.find(key)
    const value = known < 0 ? 0 : (this.#numbers.get(known) ?? 0)
    return value === 0 ? undefined : this.#values.path(value)
  }

  set(key: LayerPath, value: LayerPath): void {
    this.#numbers.set(this.#keys.intern(key), this.#values.intern(value))
  }
}

/** A set of paths, none of them empty, in little memory. */
export class PathSet implements Iterable<LayerPath> {
  size = 0
  readonly #table = new PathTable()
  /** By number: 1 for what is in the set; directories on the way to it are not. */
  readonly #isIn = intColumn()

  has(path: LayerPath): boolean {
    if (this.size === 0) return false
    const number = this.#table.find(path)
    return number >= 0 && this.#isIn.get(number) === 1
  }

  add(path: LayerPath): void {
    const number = this.#table.intern(path)
    if (this.#isIn.get(number) === 1) return
    this.#isIn.set(number, 1)
    this.size++
  }

  /** All, in no particular order. */
  *[Symbol.iterator](): Generator<LayerPath> {
    for (let number = 1; number < this.#table.size; number++) {
      if (this.#isIn.get(number) === 1) yield this.#table.path(number)
    }
  }
}

/** Lists of paths by path, each in the order in which its paths were added. */
export class PathLists {
  readonly #keys = new PathTable()
  readonly #values = new PathTable()
  /** By number of the key: places of its first and its last path, counted from 1. */
  readonly #first = intColumn()
  readonly #last = intColumn()
  /** By place: number of the path, and the place of the next one. */
  readonly #paths = intColumn()
  readonly #next = intColumn()
  #places = 0

  add(key: LayerPath, path: LayerPath): void {
    const list = this.#keys.intern(key)
    const place = ++this.#places
    this.#paths.set(place, this.#values.intern(path))
    const last = this.#last.get(list) ?? 0
    if (last === 0) this.#first.set(list, place)
    else this.#next.set(last, place)
    this.#last.set(list, place)
  }

  *of(key: LayerPath): Generator<LayerPath> {
    const list = this.#keys.find(key)
    if (list < 0) return
    for (let place = this.#first.get(list) ?? 0; place > 0; place = this.#next.get(place) ?? 0) {
      yield this.#values.path(this.#paths.get(place) ?? 0)
    }
  }
}

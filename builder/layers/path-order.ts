import { at, type Column, intColumn } from './columns.ts'
import { comparePaths } from './entry.ts'
import type { PathNames } from './path-names.ts'
import { type SortKey, sortKeys } from './path-sort.ts'

/** What is directly in each directory, of a table of this size: numbers `starts[i]` to `starts[i + 1]` of the list. */
interface ChildLists {
  readonly size: number
  readonly starts: Uint32Array
  readonly children: Int32Array
}

/** All numbers in order, of a table of this size. */
interface Sorting {
  readonly size: number
  readonly numbers: Column<Int32Array>
}

/** The orders of the numbers of paths. What takes time is done once for as long as no path is added. */
export class PathOrder {
  readonly #names: PathNames
  #sorting: Sorting | undefined
  #lists: ChildLists | undefined

  constructor(names: PathNames) {
    this.#names = names
  }

  /** All numbers in the order of `comparePaths`, or those of a path and what is below it. Nothing is added meanwhile. */
  ordered(top = 0): Generator<number> {
    return this.#names.pool?.hasSpilled === true ? this.#sorted(top) : this.#walked(top)
  }

  *#walked(top: number): Generator<number> {
    yield top
    const open = [{ numbers: this.#listed(top), next: 0 }]
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const number = level.numbers[level.next++]
      if (number === undefined) {
        open.pop()
        continue
      }
      yield number
      const below = this.#listed(number)
      if (below.length > 0) open.push({ numbers: below, next: 0 })
    }
  }

  /** The same where looking at many names, one here and one there, takes time. */
  *#sorted(top: number): Generator<number> {
    if (this.#sorting?.size !== this.#names.size) this.#sorting = this.#sort()
    const { numbers } = this.#sorting
    const path = this.#names.path(top)
    let place = 0
    for (let end = this.#names.size; place < end; ) {
      const middle = (place + end) >>> 1
      if (comparePaths(this.#names.path(numbers.get(middle) ?? 0), path) < 0) place = middle + 1
      else end = middle
    }
    for (; place < this.#names.size && this.#isWithin(top, numbers.get(place) ?? 0); place++)
      yield numbers.get(place) ?? 0
  }

  #isWithin(top: number, number: number): boolean {
    let above = number
    while (above > top) above = this.#names.parent(above)
    return above === top
  }

  #sort(): Sorting {
    const numbers = intColumn(this.#names.pool)
    let place = 1
    for (const number of sortKeys(this.#keys(), this.#names.pool?.folder)) numbers.set(place++, number)
    return { size: this.#names.size, numbers }
  }

  /** A name has no NUL, which comes before all else, as the end of a name does in the order of paths. */
  *#keys(): Generator<SortKey> {
    let [directory, prefix, key] = [0, '', '']
    for (let number = 1; number < this.#names.size; number++) {
      const parent = this.#names.parent(number)
      if (parent === 0) prefix = ''
      else if (parent !== directory) prefix = `${parent === number - 1 ? key : this.#names.joined(parent, '\0')}\0`
      directory = parent
      key = prefix + this.#names.name(number)
      yield { key, number }
    }
  }

  /** All numbers, directory by directory: the root, then what is in each directory, these in order, by name. */
  *byDirectory(): Generator<number> {
    const { starts, children } = this.#childLists()
    const inside = (number: number): Int32Array => this.#byName(children.subarray(starts[number], starts[number + 1]))
    yield 0
    const first = inside(0)
    yield* first
    const open = [{ numbers: first, next: 0 }]
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const number = level.numbers[level.next++]
      const below = number === undefined ? undefined : inside(number)
      if (below === undefined) open.pop()
      else if (below.length > 0) {
        yield* below
        open.push({ numbers: below, next: 0 })
      }
    }
  }

  /** What is directly in a directory, ordered by name. */
  children(directory: number): Iterable<number> {
    return this.#names.pool?.hasSpilled === true ? this.#sortedChildren(directory) : this.#listed(directory)
  }

  *#sortedChildren(directory: number): Generator<number> {
    for (const number of this.#sorted(directory))
      if (number !== directory && this.#names.parent(number) === directory) yield number
  }

  #listed(directory: number): Int32Array {
    if (this.#lists === undefined || this.#lists.size !== this.#names.size) this.#lists = this.#childLists()
    const { starts, children } = this.#lists
    return this.#byName(children.subarray(starts[directory], starts[directory + 1]))
  }

  #byName(numbers: Int32Array): Int32Array {
    const isSorted = numbers.every((number, i) => i === 0 || this.#names.compare(numbers[i - 1] ?? 0, number) < 0)
    return isSorted ? numbers : numbers.sort((a, b) => this.#names.compare(a, b))
  }

  #childLists(): ChildLists {
    const ends = new Uint32Array(this.#names.size + 1)
    for (let number = 1; number < this.#names.size; number++) add(ends, this.#names.parent(number), 1)
    for (let i = 1; i < ends.length; i++) add(ends, i, at(ends, i - 1))
    const children = new Int32Array(this.#names.size - 1)
    // From the end: each end moves down to where its list starts.
    for (let number = this.#names.size - 1; number > 0; number--) {
      add(ends, this.#names.parent(number), -1)
      children[at(ends, this.#names.parent(number))] = number
    }
    return { size: this.#names.size, starts: ends, children }
  }
}

function add(column: Uint32Array, index: number, value: number): void {
  column[index] = at(column, index) + value
}

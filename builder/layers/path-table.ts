import { randomInt } from 'node:crypto'
import { at, Column, intColumn, pageSize } from './columns.ts'
import type { LayerPath } from './entry.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'

/** What is directly in each directory, of a table of this size: numbers `starts[i]` to `starts[i + 1]` of the list. */
interface ChildLists {
  readonly size: number
  readonly starts: Uint32Array
  readonly children: Int32Array
}

/**
 * Numbers paths: the root is 0, every other path has a higher number than its directory. A path takes about 40 bytes,
 * where a string in a Map takes 200.
 */
export class PathTable {
  /** How many paths there are; numbers are below it. */
  size = 1
  readonly #parents = intColumn()
  /** Where the name of a path starts in the names; none goes over the end of a page. */
  readonly #starts = new Column((length) => new Uint32Array(length))
  readonly #lengths = intColumn()
  readonly #names = new Column((length) => Buffer.alloc(length))
  #namesEnd = 0
  /** Open hashing by directory and name; 0 is free. */
  #slots = new Int32Array(128)
  #lists: ChildLists | undefined
  /** Nobody can choose names that all fall on one place. */
  readonly #seed = randomInt(1 << 30)

  /** The number of a path, -1 for one that has none. With `from`, of a path in the directory that has this number. */
  find(path: LayerPath, from = 0): number {
    return this.#walk(path, from, false)
  }

  /** The number of a path, which it gets with all of its directories if it has none. */
  intern(path: LayerPath, from = 0): number {
    return this.#walk(path, from, true)
  }

  /** The number of the directory that a path is in; the root's is its own. */
  parent(number: number): number {
    return this.#parents.get(number) ?? 0
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

  name(number: number): string {
    if (number === 0) return ''
    const start = this.#starts.get(number) ?? 0
    const place = start % pageSize
    return this.#names.page(start).toString('latin1', place, place + (this.#lengths.get(number) ?? 0))
  }

  path(number: number): LayerPath {
    let path = this.name(number)
    for (let above = this.parent(number); above !== 0; above = this.parent(above)) path = `${this.name(above)}/${path}`
    return path
  }

  /** All numbers in the order of `comparePaths`, or those of a path and what is below it. Nothing is added meanwhile. */
  *ordered(top = 0): Generator<number> {
    yield top
    const open = [{ numbers: this.children(top), next: 0 }]
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const number = level.numbers[level.next++]
      if (number === undefined) {
        open.pop()
        continue
      }
      yield number
      const below = this.children(number)
      if (below.length > 0) open.push({ numbers: below, next: 0 })
    }
  }

  /** What is directly in a directory, ordered by name. */
  children(directory: number): Int32Array {
    if (this.#lists === undefined || this.#lists.size !== this.size) this.#lists = this.#childLists()
    const { starts, children } = this.#lists
    return this.#byName(children.subarray(starts[directory], starts[directory + 1]))
  }

  #byName(numbers: Int32Array): Int32Array {
    const isSorted = numbers.every((number, i) => i === 0 || this.#compareNames(numbers[i - 1] ?? 0, number) < 0)
    return isSorted ? numbers : numbers.sort((a, b) => this.#compareNames(a, b))
  }

  #compareNames(a: number, b: number): number {
    return Buffer.compare(this.#nameBytes(a), this.#nameBytes(b))
  }

  #childLists(): ChildLists {
    const ends = new Uint32Array(this.size + 1)
    for (let number = 1; number < this.size; number++) add(ends, this.parent(number), 1)
    for (let i = 1; i < ends.length; i++) add(ends, i, at(ends, i - 1))
    const children = new Int32Array(this.size - 1)
    // From the end: each end moves down to where its list starts.
    for (let number = this.size - 1; number > 0; number--) {
      add(ends, this.parent(number), -1)
      children[at(ends, this.parent(number))] = number
    }
    return { size: this.size, starts: ends, children }
  }

  #walk(path: LayerPath, from: number, isNew: boolean): number {
    let number = from
    for (let start = 0; start < path.length; ) {
      let hash = Math.imul(number + this.#seed, 0x9e3779b1)
      let end = start
      for (let code = path.charCodeAt(end); end < path.length && code !== slash; code = path.charCodeAt(++end)) {
        hash = Math.imul(hash ^ code, 0x01000193)
      }
      const mask = this.#slots.length - 1
      let slot = (hash ^ (hash >>> 15)) & mask
      let known = at(this.#slots, slot)
      while (known !== 0 && !(this.#parents.get(known) === number && this.#hasName(known, path, { start, end }))) {
        slot = (slot + 1) & mask
        known = at(this.#slots, slot)
      }
      if (known === 0 && !isNew) return -1
      number = known === 0 ? this.#add(slot, number, path.slice(start, end)) : known
      start = end + 1
    }
    return number
  }

  #hasName(number: number, path: LayerPath, { start, end }: { readonly start: number; readonly end: number }): boolean {
    if (this.#lengths.get(number) !== end - start) return false
    const from = this.#starts.get(number) ?? 0
    const page = this.#names.page(from)
    const shift = (from % pageSize) - start
    for (let i = start; i < end; i++) if (page[i + shift] !== path.charCodeAt(i)) return false
    return true
  }

  #add(slot: number, parent: number, name: string): number {
    const number = this.size++
    if (number === manyRecords) tellManyRecords()
    const start = this.#placeFor(name.length)
    this.#parents.set(number, parent)
    this.#starts.set(number, start)
    this.#lengths.set(number, name.length)
    this.#names.page(start).write(name, start % pageSize, 'latin1')
    this.#slots[slot] = number
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return number
  }

  #placeFor(length: number): number {
    if (length > pageSize) throw new RangeError(`a name of ${length} bytes`)
    const left = pageSize - (this.#namesEnd % pageSize)
    const start = length > left ? this.#namesEnd + left : this.#namesEnd
    this.#namesEnd = start + length
    return start
  }

  #nameBytes(number: number): Buffer {
    const start = this.#starts.get(number) ?? 0
    const place = start % pageSize
    return this.#names.page(start).subarray(place, place + (this.#lengths.get(number) ?? 0))
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let number = 1; number < this.size; number++) {
      const hash = this.#hash(number)
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = number
    }
    this.#slots = slots
  }

  #hash(number: number): number {
    let hash = Math.imul(this.parent(number) + this.#seed, 0x9e3779b1)
    const start = this.#starts.get(number) ?? 0
    const end = start + (this.#lengths.get(number) ?? 0)
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (this.#names.get(i) ?? 0), 0x01000193)
    return hash
  }
}

const slash = 47

function add(column: Uint32Array, index: number, value: number): void {
  column[index] = at(column, index) + value
}

import { randomInt } from 'node:crypto'
import { at, bufferColumn, type Column, intColumn, pageSize, placeColumn, shortColumn } from './columns.ts'
import { comparePaths, type LayerPath } from './entry.ts'
import { mostMetadata, mostPaths, tooManyPaths, tooMuchMetadata } from './layer-size.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'
import type { PagePool } from './page-pool.ts'
import { type SortKey, sortKeys } from './path-sort.ts'

/** What is directly in each directory, of a table of this size: numbers `starts[i]` to `starts[i + 1]` of the list. */
interface ChildLists {
  readonly size: number
  readonly starts: Uint32Array
  readonly children: Int32Array
}

// A slot: a number, and bits of the hash above it, so that few paths of another hash are looked at.
const numberBits = 24
const numberMask = (1 << numberBits) - 1
/** From so many slots on fewer are left free. */
const manySlots = 1 << 22

/**
 * Numbers paths: the root is 0, every other path has a higher number than its directory. A path takes about 40 bytes,
 * where a string in a Map takes 200; with a pool, when they become many, 10.
 */
export class PathTable {
  /** How many paths there are; numbers are below it. */
  size = 1
  readonly #pool: PagePool | undefined
  readonly #most: number
  readonly #parents: Column<Int32Array>
  /** Where the name of a path starts in the names; none goes over the end of a page. */
  readonly #starts: Column<Uint32Array>
  readonly #lengths: Column<Uint16Array>
  readonly #names: Column<Buffer>
  #namesEnd = 0
  /** Open hashing by directory and name; 0 is free. */
  #slots = new Uint32Array(128)
  /** The directory whose path was made last, and that path; the same of what was asked for. */
  #lastDirectory = 0
  #lastPath: LayerPath = ''
  #lastNumber = 0
  #lastMade: LayerPath = ''
  /** Bytes of all paths, each whole. */
  #pathBytes = 0
  /** The numbers in order, while there are `size` of them. */
  #order: { readonly size: number; readonly numbers: Column<Int32Array> } | undefined
  #lists: ChildLists | undefined
  /** Nobody can choose names that all fall on one place. */
  readonly #seed = randomInt(1 << 30)

  /** The pool takes what becomes much, and is closed by whom it belongs to. `most` is the number of paths that are taken. */
  constructor(pool?: PagePool, most = mostPaths) {
    this.#pool = pool
    this.#most = most
    this.#parents = intColumn(pool)
    this.#starts = placeColumn(pool)
    this.#lengths = shortColumn(pool)
    this.#names = bufferColumn(pool)
  }

  /** The number of a path, -1 for one that has none. With `from`, of a path in the directory that has this number. */
  find(path: LayerPath, from = 0): number {
    return this.#walk(path, from, false)
  }

  /** The number of a path, which it gets with all of its directories if it has none. LAYER_TOO_LARGE when they are too many. */
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
    const [place, length] = [start % pageSize, this.#lengths.get(number) ?? 0]
    return this.#names.page(start).toString('latin1', place, place + length)
  }

  path(number: number): LayerPath {
    if (number === 0) return ''
    const directory = this.parent(number)
    if (directory === 0) return this.name(number)
    if (directory !== this.#lastDirectory) {
      this.#lastDirectory = directory
      this.#lastPath = directory === this.#lastNumber ? this.#lastMade : this.#joined(directory, '/')
    }
    this.#lastNumber = number
    this.#lastMade = `${this.#lastPath}/${this.name(number)}`
    return this.#lastMade
  }

  #joined(number: number, separator: string): string {
    let path = this.name(number)
    for (let above = this.parent(number); above !== 0; above = this.parent(above)) {
      path = this.name(above) + separator + path
    }
    return path
  }

  /** All numbers in the order of `comparePaths`, or those of a path and what is below it. Nothing is added meanwhile. */
  ordered(top = 0): Generator<number> {
    return this.#pool?.hasSpilled === true ? this.#sorted(top) : this.#walked(top)
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
    if (this.#order?.size !== this.size) this.#order = this.#sort()
    const { numbers } = this.#order
    const path = this.path(top)
    let place = 0
    for (let end = this.size; place < end; ) {
      const middle = (place + end) >>> 1
      if (comparePaths(this.path(numbers.get(middle) ?? 0), path) < 0) place = middle + 1
      else end = middle
    }
    for (; place < this.size && this.#isWithin(top, numbers.get(place) ?? 0); place++) yield numbers.get(place) ?? 0
  }

  #isWithin(top: number, number: number): boolean {
    let above = number
    while (above > top) above = this.parent(above)
    return above === top
  }

  #sort(): { readonly size: number; readonly numbers: Column<Int32Array> } {
    const numbers = intColumn(this.#pool)
    let place = 1
    for (const number of sortKeys(this.#keys(), this.#pool?.folder)) numbers.set(place++, number)
    return { size: this.size, numbers }
  }

  /** A name has no NUL, which comes before all else, as the end of a name does in the order of paths. */
  *#keys(): Generator<SortKey> {
    let [directory, prefix, key] = [0, '', '']
    for (let number = 1; number < this.size; number++) {
      const parent = this.parent(number)
      if (parent === 0) prefix = ''
      else if (parent !== directory) prefix = `${parent === number - 1 ? key : this.#joined(parent, '\0')}\0`
      directory = parent
      key = prefix + this.name(number)
      yield { key, number }
    }
  }

  /** What is directly in a directory, ordered by name. */
  children(directory: number): Iterable<number> {
    return this.#pool?.hasSpilled === true ? this.#sortedChildren(directory) : this.#listed(directory)
  }

  *#sortedChildren(directory: number): Generator<number> {
    for (const number of this.#sorted(directory))
      if (number !== directory && this.parent(number) === directory) yield number
  }

  #listed(directory: number): Int32Array {
    if (this.#lists === undefined || this.#lists.size !== this.size) this.#lists = this.#childLists()
    const { starts, children } = this.#lists
    return this.#byName(children.subarray(starts[directory], starts[directory + 1]))
  }

  #byName(numbers: Int32Array): Int32Array {
    const isSorted = numbers.every((number, i) => i === 0 || this.#compareNames(numbers[i - 1] ?? 0, number) < 0)
    return isSorted ? numbers : numbers.sort((a, b) => this.#compareNames(a, b))
  }

  #compareNames(a: number, b: number): number {
    // Looking for the second may put something else into the page of the first.
    const first = this.#pool?.hasSpilled === true ? Buffer.from(this.#nameBytes(a)) : this.#nameBytes(a)
    return Buffer.compare(first, this.#nameBytes(b))
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
      const mark = hash >>> numberBits
      let slot = (hash ^ (hash >>> 15)) & mask
      let known = at(this.#slots, slot)
      while (known !== 0) {
        const isLike = known >>> numberBits === mark && this.#parents.get(known & numberMask) === number
        if (isLike && this.#hasName(known & numberMask, path, { start, end })) break
        slot = (slot + 1) & mask
        known = at(this.#slots, slot)
      }
      if (known === 0 && !isNew) return -1
      number = known === 0 ? this.#add(number, path.slice(0, end), { start, slot, mark }) : known & numberMask
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

  /** The name begins at `start` of the path. */
  #add(
    parent: number,
    path: LayerPath,
    { start: nameStart, slot, mark }: { readonly start: number; readonly slot: number; readonly mark: number },
  ): number {
    if (this.size > this.#most) throw tooManyPaths(this.#most)
    this.#pathBytes += path.length
    if (this.#pathBytes > mostMetadata) throw tooMuchMetadata()
    const name = path.slice(nameStart)
    const number = this.size++
    if (number === manyRecords) tellManyRecords()
    const start = this.#placeFor(name.length)
    this.#parents.set(number, parent)
    this.#starts.set(number, start)
    this.#lengths.set(number, name.length)
    this.#names.page(start).write(name, start % pageSize, 'latin1')
    this.#slots[slot] = ((mark << numberBits) | number) >>> 0
    const { length } = this.#slots
    if (this.size > (length < manySlots ? length / 2 : (length / 4) * 3)) this.#rehash()
    return number
  }

  #placeFor(length: number): number {
    if (length > pageSize) throw new RangeError(`a name of ${length} bytes`)
    const left = pageSize - (this.#namesEnd % pageSize)
    const start = length > left ? this.#namesEnd + left : this.#namesEnd
    this.#namesEnd = start + length
    if (this.#namesEnd > mostMetadata) throw tooMuchMetadata()
    return start
  }

  #nameBytes(number: number): Buffer {
    const start = this.#starts.get(number) ?? 0
    const [place, length] = [start % pageSize, this.#lengths.get(number) ?? 0]
    return this.#names.page(start).subarray(place, place + length)
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let number = 1; number < this.size; number++) {
      const hash = this.#hash(number)
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = (((hash >>> numberBits) << numberBits) | number) >>> 0
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

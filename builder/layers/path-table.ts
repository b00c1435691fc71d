import { randomInt } from 'node:crypto'
import { at, larger } from './columns.ts'
import type { LayerPath } from './entry.ts'

/**
 * Numbers paths: the root is 0, every other path has a higher number than its directory. A path takes about 40 bytes,
 * where a string in a Map takes 200.
 */
export class PathTable {
  /** How many paths there are; numbers are below it. */
  size = 1
  #parents = new Int32Array(64)
  /** Where the name of a path starts in the names; it ends where the next one starts. */
  #starts = new Uint32Array(64)
  #names = new Uint8Array(1024)
  /** Open hashing by directory and name; 0 is free. */
  #slots = new Int32Array(128)
  /** Nobody can choose names that all fall on one place. */
  readonly #seed = randomInt(1 << 30)

  /** The number of a path, -1 for one that has none. */
  find(path: LayerPath): number {
    return this.#walk(path, false)
  }

  /** The number of a path, which it gets with all of its directories if it has none. */
  intern(path: LayerPath): number {
    return this.#walk(path, true)
  }

  /** The number of the directory that a path is in; the root's is its own. */
  parent(number: number): number {
    return this.#parents[number] ?? 0
  }

  name(number: number): string {
    return textOf(this.#names, at(this.#starts, number), at(this.#starts, number + 1))
  }

  path(number: number): LayerPath {
    let path = this.name(number)
    for (let above = this.parent(number); above !== 0; above = this.parent(above)) path = `${this.name(above)}/${path}`
    return path
  }

  /** All numbers in the order of `comparePaths`. */
  *ordered(): Generator<number> {
    const { starts, children } = this.#childLists()
    const inside = (number: number): Int32Array => children.subarray(starts[number], starts[number + 1])
    yield 0
    const open = [{ numbers: this.#byName(inside(0)), next: 0 }]
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const number = level.numbers[level.next++]
      if (number === undefined) {
        open.pop()
        continue
      }
      yield number
      const below = inside(number)
      if (below.length > 0) open.push({ numbers: this.#byName(below), next: 0 })
    }
  }

  #byName(numbers: Int32Array): Int32Array {
    const isSorted = numbers.every((number, i) => i === 0 || this.#compareNames(numbers[i - 1] ?? 0, number) < 0)
    return isSorted ? numbers : numbers.sort((a, b) => this.#compareNames(a, b))
  }

  #compareNames(a: number, b: number): number {
    const names = this.#names
    const [startA, startB] = [at(this.#starts, a), at(this.#starts, b)]
    const [lengthA, lengthB] = [at(this.#starts, a + 1) - startA, at(this.#starts, b + 1) - startB]
    const length = Math.min(lengthA, lengthB)
    for (let i = 0; i < length; i++) {
      const difference = at(names, startA + i) - at(names, startB + i)
      if (difference !== 0) return difference
    }
    return lengthA - lengthB
  }

  /** What is directly in each directory: numbers `starts[i]` to `starts[i + 1]` of the list. */
  #childLists(): { readonly starts: Uint32Array; readonly children: Int32Array } {
    const ends = new Uint32Array(this.size + 1)
    for (let number = 1; number < this.size; number++) add(ends, this.parent(number), 1)
    for (let i = 1; i < ends.length; i++) add(ends, i, at(ends, i - 1))
    const children = new Int32Array(this.size - 1)
    // From the end: each end moves down to where its list starts.
    for (let number = this.size - 1; number > 0; number--) {
      add(ends, this.parent(number), -1)
      children[at(ends, this.parent(number))] = number
    }
    return { starts: ends, children }
  }

  #walk(path: LayerPath, isNew: boolean): number {
    let number = 0
    for (let start = 0; start < path.length; ) {
      let hash = Math.imul(number + this.#seed, 0x9e3779b1)
      let end = start
      for (let code = path.charCodeAt(end); end < path.length && code !== slash; code = path.charCodeAt(++end)) {
        hash = Math.imul(hash ^ code, 0x01000193)
      }
      number = this.#step({ number, hash, path, start, end, isNew })
      if (number < 0) return -1
      start = end + 1
    }
    return number
  }

  /** From a directory to a name in it. */
  #step(step: Step): number {
    const mask = this.#slots.length - 1
    let slot = (step.hash ^ (step.hash >>> 15)) & mask
    for (let known = at(this.#slots, slot); known !== 0; known = at(this.#slots, slot)) {
      if (this.#parents[known] === step.number && this.#hasName(known, step)) return known
      slot = (slot + 1) & mask
    }
    return step.isNew ? this.#add(slot, step) : -1
  }

  #hasName(number: number, { path, start, end }: Step): boolean {
    const from = at(this.#starts, number)
    if (at(this.#starts, number + 1) - from !== end - start) return false
    for (let i = start; i < end; i++) if (this.#names[from + i - start] !== path.charCodeAt(i)) return false
    return true
  }

  #add(slot: number, { number: parent, path, start, end }: Step): number {
    const number = this.size++
    this.#parents = larger(this.#parents, number + 1)
    this.#starts = larger(this.#starts, number + 2)
    const from = at(this.#starts, number)
    this.#names = larger(this.#names, from + end - start)
    this.#parents[number] = parent
    for (let i = start; i < end; i++) this.#names[from + i - start] = path.charCodeAt(i)
    this.#starts[number + 1] = from + end - start
    this.#slots[slot] = number
    if (this.size * 2 > this.#slots.length) this.#rehash()
    return number
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
    const end = at(this.#starts, number + 1)
    for (let i = at(this.#starts, number); i < end; i++) hash = Math.imul(hash ^ at(this.#names, i), 0x01000193)
    return hash
  }
}

/** A component of a path that is walked. */
interface Step {
  /** The directory. */
  readonly number: number
  readonly hash: number
  readonly path: LayerPath
  readonly start: number
  readonly end: number
  readonly isNew: boolean
}

const slash = 47

function add(column: Uint32Array, index: number, value: number): void {
  column[index] = at(column, index) + value
}

function textOf(names: Uint8Array, start: number, end: number): string {
  return Buffer.from(names.buffer, names.byteOffset + start, end - start).toString('latin1')
}

import { randomInt } from 'node:crypto'
import { at } from './columns.ts'
import type { LayerPath } from './entry.ts'
import { mostPaths } from './layer-size.ts'
import type { PagePool } from './page-pool.ts'
import { mixed, PathNames } from './path-names.ts'
import { PathOrder } from './path-order.ts'

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
  readonly #names: PathNames
  readonly #order: PathOrder
  /** Open hashing by directory and name; 0 is free. */
  #slots = new Uint32Array(128)
  /** Nobody can choose names that all fall on one place. */
  readonly #seed = randomInt(1 << 30)

  /** The pool takes what becomes much, and is closed by whom it belongs to. `most` is the number of paths that are taken. */
  constructor(pool?: PagePool, most = mostPaths) {
    this.#names = new PathNames(pool, most)
    this.#order = new PathOrder(this.#names)
  }

  /** How many paths there are; numbers are below it. */
  get size(): number {
    return this.#names.size
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
    return this.#names.parent(number)
  }

  name(number: number): string {
    return this.#names.name(number)
  }

  path(number: number): LayerPath {
    return this.#names.path(number)
  }

  /** All numbers in the order of `comparePaths`, or those of a path and what is below it. Nothing is added meanwhile. */
  ordered(top = 0): Generator<number> {
    return this.#order.ordered(top)
  }

  /** A path and all that is below it, each after its directory: a pass over all paths. */
  *below(top: number): Generator<number> {
    const isInside = new Uint8Array(this.size)
    isInside[top] = 1
    yield top
    // What is in a directory has a higher number.
    for (let number = top + 1; number < isInside.length; number++) {
      if (at(isInside, this.parent(number)) === 0) continue
      isInside[number] = 1
      yield number
    }
  }

  /** What is directly in a directory, ordered by name. */
  children(directory: number): Iterable<number> {
    return this.#order.children(directory)
  }

  /** All numbers, directory by directory: the root, then what is in each directory, these in order, by name. */
  byDirectory(): Generator<number> {
    return this.#order.byDirectory()
  }

  #walk(path: LayerPath, from: number, isNew: boolean): number {
    let number = from
    for (let start = 0; start < path.length; ) {
      let hash = this.#directoryHash(number)
      let end = start
      for (let code = path.charCodeAt(end); end < path.length && code !== slash; code = path.charCodeAt(++end)) {
        hash = mixed(hash, code)
      }
      const mask = this.#slots.length - 1
      const mark = hash >>> numberBits
      let slot = (hash ^ (hash >>> 15)) & mask
      let known = at(this.#slots, slot)
      while (known !== 0) {
        const isLike = known >>> numberBits === mark && this.#names.parent(known & numberMask) === number
        if (isLike && this.#names.hasName(known & numberMask, path, { start, end })) break
        slot = (slot + 1) & mask
        known = at(this.#slots, slot)
      }
      if (known === 0 && !isNew) return -1
      number = known === 0 ? this.#add(number, path.slice(0, end), { start, slot, mark }) : known & numberMask
      start = end + 1
    }
    return number
  }

  /** The name begins at `start` of the path. */
  #add(
    parent: number,
    path: LayerPath,
    { start, slot, mark }: { readonly start: number; readonly slot: number; readonly mark: number },
  ): number {
    const number = this.#names.add(parent, path, start)
    this.#slots[slot] = ((mark << numberBits) | number) >>> 0
    const { length } = this.#slots
    if (this.#names.size > (length < manySlots ? length / 2 : (length / 4) * 3)) this.#rehash()
    return number
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let number = 1; number < this.#names.size; number++) {
      const hash = this.#names.mixName(this.#directoryHash(this.#names.parent(number)), number)
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = (((hash >>> numberBits) << numberBits) | number) >>> 0
    }
    this.#slots = slots
  }

  #directoryHash(directory: number): number {
    return Math.imul(directory + this.#seed, 0x9e3779b1)
  }
}

const slash = 47

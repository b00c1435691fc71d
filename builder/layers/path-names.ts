import { bufferColumn, type Column, intColumn, pageSize, placeColumn, shortColumn } from './columns.ts'
import type { LayerPath } from './entry.ts'
import { mostMetadata, tooManyPaths, tooMuchMetadata } from './layer-size.ts'
import { manyRecords, tellManyRecords } from './many-records.ts'
import type { PagePool } from './page-pool.ts'

/** The name of each number of a path and the number of its directory, in columns: the root is 0, the others count from 1. */
export class PathNames {
  /** How many paths there are; numbers are below it. */
  size = 1
  readonly pool: PagePool | undefined
  readonly #most: number
  readonly #parents: Column<Int32Array>
  /** Where the name of a path starts in the names; none goes over the end of a page. */
  readonly #starts: Column<Uint32Array>
  readonly #lengths: Column<Uint16Array>
  readonly #names: Column<Buffer>
  #namesEnd = 0
  /** The directory whose path was made last, and that path; the same of what was asked for. */
  #lastDirectory = 0
  #lastPath: LayerPath = ''
  #lastNumber = 0
  #lastMade: LayerPath = ''
  /** Bytes of all paths, each whole. */
  #pathBytes = 0

  /** The pool takes what becomes much, and is closed by whom it belongs to. `most` is the number of paths that are taken. */
  constructor(pool: PagePool | undefined, most: number) {
    this.pool = pool
    this.#most = most
    this.#parents = intColumn(pool)
    this.#starts = placeColumn(pool)
    this.#lengths = shortColumn(pool)
    this.#names = bufferColumn(pool)
  }

  /** The number of a new path, whose name begins at `nameStart` of it. LAYER_TOO_LARGE when they are too many. */
  add(parent: number, path: LayerPath, nameStart: number): number {
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
    return number
  }

  /** The number of the directory that a path is in; the root's is its own. */
  parent(number: number): number {
    return this.#parents.get(number) ?? 0
  }

  /** The root's is ''. */
  name(number: number): string {
    if (number === 0) return ''
    const start = this.#starts.get(number) ?? 0
    const [place, length] = [start % pageSize, this.#lengths.get(number) ?? 0]
    return this.#names.page(start).toString('latin1', place, place + length)
  }

  /** Quick for one after the other in the same directory. */
  path(number: number): LayerPath {
    if (number === 0) return ''
    const directory = this.parent(number)
    if (directory === 0) return this.name(number)
    if (directory !== this.#lastDirectory) {
      this.#lastDirectory = directory
      this.#lastPath = directory === this.#lastNumber ? this.#lastMade : this.joined(directory, '/')
    }
    this.#lastNumber = number
    this.#lastMade = `${this.#lastPath}/${this.name(number)}`
    return this.#lastMade
  }

  /** The names from the root to a path, which is not the root, with something between. */
  joined(number: number, separator: string): string {
    let path = this.name(number)
    for (let above = this.parent(number); above !== 0; above = this.parent(above)) {
      path = this.name(above) + separator + path
    }
    return path
  }

  /** Whether its name is what is from `start` to `end` of a path. */
  hasName(number: number, path: LayerPath, { start, end }: { readonly start: number; readonly end: number }): boolean {
    if (this.#lengths.get(number) !== end - start) return false
    const from = this.#starts.get(number) ?? 0
    const page = this.#names.page(from)
    const shift = (from % pageSize) - start
    for (let i = start; i < end; i++) if (page[i + shift] !== path.charCodeAt(i)) return false
    return true
  }

  /** The order of two names by their bytes, as of a sort. */
  compare(a: number, b: number): number {
    // Looking for the second may put something else into the page of the first.
    const first = this.pool?.hasSpilled === true ? Buffer.from(this.#nameBytes(a)) : this.#nameBytes(a)
    return Buffer.compare(first, this.#nameBytes(b))
  }

  /** A hash mixed with each byte of a name in turn, see {@link mixed}. */
  mixName(hash: number, number: number): number {
    const start = this.#starts.get(number) ?? 0
    const end = start + (this.#lengths.get(number) ?? 0)
    let mix = hash
    for (let i = start; i < end; i++) mix = mixed(mix, this.#names.get(i) ?? 0)
    return mix
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
}

/** A hash mixed with one more byte. */
export function mixed(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193)
}

import { comparePaths, type LayerPath } from './entry.ts'
import type { ByteReader } from './index-bytes.ts'

/** Paths in order that are decoded each time they are asked for: any number of them takes little more than their bytes. */
export interface SortedPaths extends Iterable<LayerPath> {
  readonly length: number
  has(path: LayerPath): boolean
}

/** None at all. */
export const noPaths: SortedPaths = { length: 0, has: () => false, [Symbol.iterator]: () => [][Symbol.iterator]() }

/** Paths that are decoded to find one of which only the place before it is known. */
const markEvery = 32

/** Takes `count` paths from a reader, which stands at the first and then behind the last. `check` throws for what is no path. */
export function takeSortedPaths(reader: ByteReader, count: number, check: (path: LayerPath) => void): SortedPaths {
  const marks = new Float64Array(Math.ceil(count / markEvery))
  for (let i = 0; i < count; i++) {
    if (i % markEvery === 0) marks[i / markEvery] = reader.position
    check(reader.text())
  }
  return new EncodedPaths(reader, marks, count)
}

class EncodedPaths implements SortedPaths {
  readonly length: number
  readonly #source: ByteReader
  readonly #marks: Float64Array

  constructor(source: ByteReader, marks: Float64Array, length: number) {
    this.#source = source
    this.#marks = marks
    this.length = length
  }

  *[Symbol.iterator](): Generator<LayerPath> {
    yield* this.#from(0)
  }

  has(path: LayerPath): boolean {
    if (this.length === 0) return false
    for (const each of this.#from(Math.max(0, this.#marksUpTo(path) - 1))) {
      const order = comparePaths(each, path)
      if (order >= 0) return order === 0
    }
    return false
  }

  /** How many marked paths are not after `path`. */
  #marksUpTo(path: LayerPath): number {
    let [low, high] = [0, this.#marks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (comparePaths(this.#source.at(this.#marks[middle] ?? 0).text(), path) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  *#from(mark: number): Generator<LayerPath> {
    const reader = this.#source.at(this.#marks[mark] ?? 0)
    for (let i = mark * markEvery; i < this.length; i++) yield reader.text()
  }
}

type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array | BigInt64Array

const pageBits = 14
/** Numbers in one page of a column. */
export const pageSize = 1 << pageBits

/**
 * Numbers by number of the thing that they are about: a list that grows by pages, so that growing never copies and leaves
 * nothing behind. What was not set is 0.
 */
export class Column<T extends Numbers> {
  readonly #make: (length: number) => T
  readonly #pages: T[] = []

  /** `make` gives a new array, for example `(length) => new Int32Array(length)`. */
  constructor(make: (length: number) => T) {
    this.#make = make
  }

  get(index: number): T[number] | undefined {
    return this.#pages[index >>> pageBits]?.[index & (pageSize - 1)]
  }

  set(index: number, value: T[number]): void {
    const page = this.page(index)
    page[index & (pageSize - 1)] = value
  }

  /** The page that a place is in; it begins with the last multiple of {@link pageSize}. */
  page(index: number): T {
    const number = index >>> pageBits
    let page = this.#pages[number]
    while (page === undefined) {
      this.#pages.push(this.#make(pageSize))
      page = this.#pages[number]
    }
    return page
  }
}

export function byteColumn(): Column<Uint8Array> {
  return new Column((length) => new Uint8Array(length))
}

/** Whole numbers of 32 bits. */
export function intColumn(): Column<Int32Array> {
  return new Column((length) => new Int32Array(length))
}

export function floatColumn(): Column<Float64Array> {
  return new Column((length) => new Float64Array(length))
}

/** The number at a place of an array, 0 beyond its end. */
export function at(numbers: Uint8Array | Int32Array | Uint32Array | Float64Array, index: number): number {
  return numbers[index] ?? 0
}

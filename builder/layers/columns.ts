import type { PagePool } from './page-pool.ts'

type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array | BigInt64Array

const pageBits = 14
/** Numbers in one page of a column. */
export const pageSize = 1 << pageBits

/**
 * Numbers by number of the thing that they are about: a list that grows by pages, so that growing never copies and leaves
 * nothing behind. What was not set is 0. With a pool, pages may be on the disk.
 */
export class Column<T extends Numbers> {
  readonly #make: (length: number) => T
  readonly #pool: PagePool | undefined
  readonly #pages: (T | undefined)[] = []
  /** Where pages that were on the disk lie there. */
  readonly #places: (number | undefined)[] = []

  /** `make` gives a new array, for example `(length) => new Int32Array(length)`. */
  constructor(make: (length: number) => T, pool?: PagePool) {
    this.#make = make
    this.#pool = pool
  }

  get(index: number): T[number] | undefined {
    const page = this.#pages[index >>> pageBits]
    if (page !== undefined) return page[index & (pageSize - 1)]
    return this.#places[index >>> pageBits] === undefined ? undefined : this.page(index)[index & (pageSize - 1)]
  }

  set(index: number, value: T[number]): void {
    const page = this.page(index)
    page[index & (pageSize - 1)] = value
  }

  /**
   * The page that a place is in; it begins with the last multiple of {@link pageSize}. With a pool it is valid only until
   * the next call to any column.
   */
  page(index: number): T {
    return this.#pages[index >>> pageBits] ?? this.#load(index >>> pageBits)
  }

  #load(number: number): T {
    const used = this.#pool?.reuse(this.#make)
    const page = used ?? this.#make(pageSize)
    const place = this.#places[number]
    if (place !== undefined) this.#pool?.read(page, place)
    else used?.fill(0 as never)
    while (this.#pages.length < number) this.#pages.push(undefined)
    this.#pages[number] = page
    this.#pool?.add(page.byteLength, () => {
      this.#places[number] = this.#pool?.write(page, place)
      this.#pages[number] = undefined
      this.#pool?.release(this.#make, page)
    })
    return page
  }
}

// One function for all columns of a kind: pages go from one to the other.
const makeBytes = (length: number): Uint8Array => new Uint8Array(length)
const makeBuffer = (length: number): Buffer => Buffer.alloc(length)
const makeShorts = (length: number): Uint16Array => new Uint16Array(length)
const makeInts = (length: number): Int32Array => new Int32Array(length)
const makePlaces = (length: number): Uint32Array => new Uint32Array(length)
const makeFloats = (length: number): Float64Array => new Float64Array(length)

export function byteColumn(pool?: PagePool): Column<Uint8Array> {
  return new Column(makeBytes, pool)
}

/** Bytes whose pages are buffers. */
export function bufferColumn(pool?: PagePool): Column<Buffer> {
  return new Column(makeBuffer, pool)
}

/** Whole numbers from 0, of 16 bits. */
export function shortColumn(pool?: PagePool): Column<Uint16Array> {
  return new Column(makeShorts, pool)
}

/** Whole numbers of 32 bits. */
export function intColumn(pool?: PagePool): Column<Int32Array> {
  return new Column(makeInts, pool)
}

/** Whole numbers from 0, of 32 bits. */
export function placeColumn(pool?: PagePool): Column<Uint32Array> {
  return new Column(makePlaces, pool)
}

export function floatColumn(pool?: PagePool): Column<Float64Array> {
  return new Column(makeFloats, pool)
}

/** The number at a place of an array, 0 beyond its end. */
export function at(numbers: Uint8Array | Int32Array | Uint32Array | Float64Array, index: number): number {
  return numbers[index] ?? 0
}

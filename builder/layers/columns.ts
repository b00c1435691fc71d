import type { PagePool } from './page-pool.ts'

type Numbers = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array

/** What the columns of one kind share. */
interface Kind<T extends Numbers> {
  readonly make: () => T
  readonly clear: (page: T) => void
  /** Pages that nobody uses any more, to be used again: the garbage of large arrays goes late. */
  readonly free: T[]
}

const pageBits = 14
/** Numbers in one page of a column. */
export const pageSize = 1 << pageBits
/** Free pages of one kind. */
const mostFree = 8

/**
 * Numbers by number of the thing that they are about: a list that grows by pages, so that growing never copies and leaves
 * nothing behind. What was not set is 0. With a pool, pages may be on the disk.
 */
export class Column<T extends Numbers> {
  readonly #kind: Kind<T>
  readonly #pool: PagePool | undefined
  readonly #pages: (T | undefined)[] = []
  /** Where pages that were on the disk lie there. */
  readonly #places: (number | undefined)[] = []

  constructor(kind: Kind<T>, pool?: PagePool) {
    this.#kind = kind
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
    const used = this.#kind.free.pop()
    const page = used ?? this.#kind.make()
    const place = this.#places[number]
    if (place !== undefined) this.#pool?.read(page, place)
    else if (used !== undefined) this.#kind.clear(used)
    while (this.#pages.length < number) this.#pages.push(undefined)
    this.#pages[number] = page
    this.#pool?.add(page.byteLength, () => {
      this.#places[number] = this.#pool?.write(page, place)
      this.#pages[number] = undefined
      if (this.#kind.free.length < mostFree) this.#kind.free.push(page)
    })
    return page
  }
}

const clear = (page: { fill(value: number): unknown }): unknown => page.fill(0)
const bytes: Kind<Uint8Array> = { make: () => new Uint8Array(pageSize), clear, free: [] }
const buffers: Kind<Buffer> = { make: () => Buffer.alloc(pageSize), clear, free: [] }
const shorts: Kind<Uint16Array> = { make: () => new Uint16Array(pageSize), clear, free: [] }
const ints: Kind<Int32Array> = { make: () => new Int32Array(pageSize), clear, free: [] }
const places: Kind<Uint32Array> = { make: () => new Uint32Array(pageSize), clear, free: [] }
const floats: Kind<Float64Array> = { make: () => new Float64Array(pageSize), clear, free: [] }

export function byteColumn(pool?: PagePool): Column<Uint8Array> {
  return new Column(bytes, pool)
}

/** Bytes whose pages are buffers. */
export function bufferColumn(pool?: PagePool): Column<Buffer> {
  return new Column(buffers, pool)
}

/** Whole numbers from 0, of 16 bits. */
export function shortColumn(pool?: PagePool): Column<Uint16Array> {
  return new Column(shorts, pool)
}

/** Whole numbers of 32 bits. */
export function intColumn(pool?: PagePool): Column<Int32Array> {
  return new Column(ints, pool)
}

/** Whole numbers from 0, of 32 bits. */
export function placeColumn(pool?: PagePool): Column<Uint32Array> {
  return new Column(places, pool)
}

export function floatColumn(pool?: PagePool): Column<Float64Array> {
  return new Column(floats, pool)
}

/** The number at a place of an array, 0 beyond its end. */
export function at(numbers: Uint8Array | Int32Array | Uint32Array | Float64Array, index: number): number {
  return numbers[index] ?? 0
}

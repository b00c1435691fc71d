/** Keeps the first few of many, in an order, in a heap: memory is of those that are kept. */
export class Best<T> {
  readonly #most: number
  readonly #compare: (a: T, b: T) => number
  /** The last of those kept is at the root. */
  readonly #heap: T[] = []

  /** `compare` is negative when `a` comes before `b`; `most` may be Infinity. */
  constructor(most: number, compare: (a: T, b: T) => number) {
    this.#most = most
    this.#compare = compare
  }

  offer(value: T): void {
    if (this.#heap.length < this.#most) {
      this.#heap.push(value)
      if (this.#most !== Number.POSITIVE_INFINITY) this.#rise(this.#heap.length - 1)
      return
    }
    const last = this.#heap[0]
    if (last === undefined || this.#compare(value, last) >= 0) return
    this.#heap[0] = value
    this.#sink()
  }

  /** Those kept, in no order. */
  values(): readonly T[] {
    return this.#heap
  }

  /** Takes the last of those kept away. Only where there is a bound. */
  takeLast(): T | undefined {
    const last = this.#heap[0]
    const end = this.#heap.pop()
    if (end === undefined || this.#heap.length === 0) return last
    this.#heap[0] = end
    this.#sink()
    return last
  }

  /** Those kept, the first one first. */
  sorted(): T[] {
    return this.#heap.toSorted(this.#compare)
  }

  #rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBehind(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      let last = at
      if (this.#isBehind(left, last)) last = left
      if (this.#isBehind(left + 1, last)) last = left + 1
      if (last === at) return
      this.#swap(at, last)
      at = last
    }
  }

  #isBehind(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    return first !== undefined && second !== undefined && this.#compare(first, second) > 0
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return
    this.#heap[a] = second
    this.#heap[b] = first
  }
}

/**
 * Items of which the first in order is at hand: a binary heap. What an item is ordered by may change while it is the
 * head; then the heap has to be told.
 */
export class Heap<T> {
  readonly #items: T[]
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(items: Iterable<T>, isBefore: (a: T, b: T) => boolean) {
    this.#items = [...items]
    this.#isBefore = isBefore
    for (let at = (this.#items.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  /** The first item; undefined when there is none left. */
  get head(): T | undefined {
    return this.#items[0]
  }

  /** All items, the head first, else in no order. */
  get items(): readonly T[] {
    return this.#items
  }

  /** To be called when the head has changed. */
  moved(): void {
    this.#sink(0)
  }

  dropHead(): void {
    const last = this.#items.pop()
    if (last === undefined || this.#items.length === 0) return
    this.#items[0] = last
    this.#sink(0)
  }

  #sink(start: number): void {
    for (let at = start; ; ) {
      const left = 2 * at + 1
      const lower = this.#comesBefore(left + 1, left) ? left + 1 : left
      if (!this.#comesBefore(lower, at)) return
      this.#swap(lower, at)
      at = lower
    }
  }

  #comesBefore(i: number, j: number): boolean {
    const [a, b] = [this.#items[i], this.#items[j]]
    return a !== undefined && b !== undefined && this.#isBefore(a, b)
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#items[i], this.#items[j]]
    if (a === undefined || b === undefined) return
    this.#items[i] = b
    this.#items[j] = a
  }
}

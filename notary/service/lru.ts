/** Values that were used last, as many as their weights allow. */
export class Lru<Key, Value> {
  readonly #most: number
  readonly #weigh: (value: Value) => number
  readonly #values = new Map<Key, Value>()
  #weight = 0

  /** `weigh` gives the same each time it is asked of a value. One that is heavier than `most` is not kept. */
  constructor(most: number, weigh: (value: Value) => number = () => 1) {
    this.#most = most
    this.#weigh = weigh
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, value)
    return value
  }

  /** The same, though it does not count as a use. */
  peek(key: Key): Value | undefined {
    return this.#values.get(key)
  }

  set(key: Key, value: Value): void {
    this.delete(key)
    this.#values.set(key, value)
    this.#weight += this.#weigh(value)
    for (const oldest of this.#values.keys()) {
      if (this.#weight <= this.#most) return
      this.delete(oldest)
    }
  }

  delete(key: Key): void {
    const value = this.#values.get(key)
    if (value === undefined || !this.#values.delete(key)) return
    this.#weight -= this.#weigh(value)
  }
}

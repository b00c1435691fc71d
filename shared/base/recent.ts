/** The values that were used last, as many as weigh `limit` together. */
export class Recent<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #limit: number
  readonly #weigh: (value: Value) => number
  /** Goes on behind what it gave, which is no more: one that begins anew walks over all the holes that those left, again each time. */
  #oldest = this.#entries.keys()
  #weight = 0

  /** `weigh` gives the same each time it is asked of a value. One that is heavier than `limit` is not kept. */
  constructor(limit: number, weigh: (value: Value) => number = () => 1) {
    this.#limit = limit
    this.#weigh = weigh
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  /** The same, though it does not count as a use. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  set(key: Key, value: Value): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#weight += this.#weigh(value)
    while (this.#weight > this.#limit) this.#deleteOldest()
  }

  clear(): void {
    this.#entries.clear()
    this.#weight = 0
  }

  delete(key: Key): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#weight -= this.#weigh(value)
  }

  #deleteOldest(): void {
    const { done, value } = this.#oldest.next()
    if (done !== true) return this.delete(value)
    this.#oldest = this.#entries.keys() // it came to an end, where it stays
    if (this.#entries.size === 0) this.#weight = 0
  }
}

/** Work on one thing at a time, in the order in which it was asked for; on others beside it. */
export class Turns<Key> {
  readonly #most: number
  readonly #last = new Map<Key, { readonly done: Promise<void>; readonly count: number }>()

  /** So many wait at most for one thing, or are at work on it. */
  constructor(most: number) {
    this.#most = most
  }

  /** True when nobody more may wait for a thing. */
  isFull(key: Key): boolean {
    return (this.#last.get(key)?.count ?? 0) >= this.#most
  }

  async take<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const { promise: done, resolve } = Promise.withResolvers<void>()
    this.#last.set(key, { done, count: (before?.count ?? 0) + 1 })
    await before?.done
    try {
      return await work()
    } finally {
      const last = this.#last.get(key)
      if (last?.done === done) this.#last.delete(key)
      else if (last !== undefined) this.#last.set(key, { done: last.done, count: last.count - 1 })
      resolve()
    }
  }

  /** Resolves when all that was asked for is done, also what comes meanwhile. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all([...this.#last.values()].map(({ done }) => done))
  }
}

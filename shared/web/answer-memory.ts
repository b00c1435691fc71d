/** Answers of so few bytes are given whatever else is held: errors, most manifests. */
const small = 16 * 1024

/** Memory of answers that clients did not take yet, of all connections together. */
export class AnswerMemory {
  readonly #budget: number
  /** How many connections each is held for; bytes are the same object for all that are answered from a cache. */
  readonly #holders = new Map<object, number>()
  #heldBytes = 0

  /** `budget` in bytes. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** Bytes of all answers that are held. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** False for an answer that could go beyond the budget, when its client is slow. */
  hasRoomFor(length: number): boolean {
    return length <= small || this.#heldBytes + length <= this.#budget
  }

  /** Counts `length` bytes, once for all who hold the same `memory`; the result ends that. */
  hold(memory: object, length: number): () => void {
    const holders = this.#holders.get(memory) ?? 0
    this.#holders.set(memory, holders + 1)
    if (holders === 0) this.#heldBytes += length
    return () => {
      const left = (this.#holders.get(memory) ?? 1) - 1
      if (left > 0) this.#holders.set(memory, left)
      else if (this.#holders.delete(memory)) this.#heldBytes -= length
    }
  }
}

/** More than any block takes: 900 000 symbols of 20 bits, the selectors, and the code tables. */
const mostBlock = 3 << 20

/**
 * Bits of a stream, most significant first. `fill` is the only place that waits: after it a whole block can be taken, or
 * the stream has ended. Past its end come zeros, and `overrun` tells.
 */
export class BitInput {
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #bytes = new Uint8Array(2 * mostBlock)
  #pending: Uint8Array = new Uint8Array(0)
  #ended = false
  #end = 0
  #at = 0
  #held = 0
  #count = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** Reads ahead; false when no byte is left. */
  async fill(): Promise<boolean> {
    while (this.#end - this.#at < mostBlock && !this.#ended) {
      if (this.#pending.length === 0) await this.#next()
      if (this.#end === this.#bytes.length) this.#compact()
      const room = Math.min(this.#pending.length, this.#bytes.length - this.#end)
      this.#bytes.set(this.#pending.subarray(0, room), this.#end)
      this.#pending = this.#pending.subarray(room)
      this.#end += room
    }
    return this.#at - (this.#count >> 3) < this.#end
  }

  /** The next `count` (1 to 24) bits. */
  take(count: number): number {
    const value = this.peek(count)
    this.#count -= count
    return value
  }

  /** The next `count` (1 to 24) bits, which stay. */
  peek(count: number): number {
    while (this.#count < count) {
      this.#held = (this.#held << 8) | (this.#at < this.#end ? (this.#bytes[this.#at] ?? 0) : 0)
      this.#at++
      this.#count += 8
    }
    return (this.#held >>> (this.#count - count)) & ((1 << count) - 1)
  }

  /** Passes over `count` bits that were peeked at. */
  drop(count: number): void {
    this.#count -= count
  }

  /** Passes over what is left of a byte. */
  align(): void {
    this.#count -= this.#count & 7
  }

  /** Whether more bits were taken than there are. */
  get overrun(): boolean {
    return this.#at - (this.#count >> 3) > this.#end
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#iterator.return?.()
    this.#ended = true
  }

  async #next(): Promise<void> {
    const result = await this.#read()
    if (result.done === true) this.#ended = true
    else this.#pending = new Uint8Array(result.value.buffer, result.value.byteOffset, result.value.byteLength)
  }

  /** A source that throws is done: it must not be told to return. */
  async #read(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#iterator.next()
    } catch (error) {
      this.#ended = true
      throw error
    }
  }

  #compact(): void {
    this.#bytes.copyWithin(0, this.#at, this.#end)
    this.#end -= this.#at
    this.#at = 0
  }
}

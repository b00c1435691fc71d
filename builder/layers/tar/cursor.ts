import { invalid } from './limits.ts'

const nothing = Buffer.alloc(0)

/**
 * Reads a stream of chunks by amounts. What lies within one chunk is handed out as a view of it, never copied. The
 * `try...` methods do not wait: they answer undefined when the current chunk has not enough.
 */
export class ByteCursor {
  /** Bytes handed out or skipped so far: the position of the next byte in the stream. */
  position = 0
  readonly #iterator: AsyncIterator<Uint8Array>
  #chunk: Buffer = nothing
  #at = 0
  #ended = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  /** The next `count` bytes when the current chunk has them all. */
  tryTake(count: number): Buffer | undefined {
    return this.#chunk.length - this.#at < count ? undefined : this.#advance(count)
  }

  /** The next `count` bytes; undefined when the stream has ended exactly here, ARCHIVE_INVALID when it ends within. */
  async take(count: number): Promise<Buffer | undefined> {
    if (!(await this.#ready())) return undefined
    const whole = this.tryTake(count)
    if (whole !== undefined) return whole
    const joined = Buffer.allocUnsafe(count)
    for (let filled = 0; filled < count; ) filled += (await this.piece(count - filled)).copy(joined, filled)
    return joined
  }

  /** From 1 to `most` bytes when the current chunk has any. */
  tryPiece(most: number): Buffer | undefined {
    const left = this.#chunk.length - this.#at
    return left === 0 ? undefined : this.#advance(Math.min(left, most))
  }

  /** From 1 to `most` bytes; ARCHIVE_INVALID when the stream has ended. */
  async piece(most: number): Promise<Buffer> {
    if (!(await this.#ready())) throw invalid('the archive is cut short')
    return this.#advance(Math.min(this.#chunk.length - this.#at, most))
  }

  /** Passes over `count` bytes; ARCHIVE_INVALID when the stream has fewer. */
  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (this.tryPiece(left) ?? (await this.piece(left))).length
  }

  /** Reads to the end of the stream and drops what comes; false, with the rest unread, when that is more than `most` bytes. */
  async drain(most: number): Promise<boolean> {
    const end = this.position + most
    while (await this.#ready()) {
      this.#advance(this.#chunk.length - this.#at)
      if (this.position > end) return false
    }
    return true
  }

  /** Tells the source that no more is wanted, unless it has ended by itself. */
  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#iterator.return?.()
  }

  #advance(count: number): Buffer {
    const from = this.#at
    this.#at += count
    this.position += count
    return this.#chunk.subarray(from, this.#at)
  }

  /** False at the end of the stream; else at least one byte is in the current chunk. */
  async #ready(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      if (this.#ended) return false
      const next = await this.#next()
      if (next === undefined) return false
      this.#chunk = Buffer.from(next.buffer, next.byteOffset, next.byteLength)
      this.#at = 0
    }
    return true
  }

  /** A source that ends or throws is done: it must not be told to return. */
  async #next(): Promise<Uint8Array | undefined> {
    try {
      const result = await this.#iterator.next()
      if (result.done !== true) return result.value
      this.#ended = true
      return undefined
    } catch (error) {
      this.#ended = true
      throw error
    }
  }
}

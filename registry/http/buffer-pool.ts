const smallest = 64 * 1024
const largest = 512 * 1024

/**
 * Buffers for blobs that are sent. A transfer has two at a time; the more transfers there are, the smaller these are, so that
 * all together stay within a budget (down to 64 KiB each, below which none goes).
 */
export class BufferPool {
  readonly #budget: number
  readonly #free = new Map<number, Buffer[]>()
  #freeBytes = 0
  #transfers = 0

  /** `budget` in bytes. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** Counts a transfer, until {@link end}. */
  begin(): void {
    this.#transfers++
  }

  end(): void {
    this.#transfers--
  }

  /** A buffer with any content, of a size that fits the number of transfers now, and no larger than `length` asks for. */
  take(length: number): Buffer {
    const size = this.#sizeFor(length)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size)
    this.#freeBytes -= size
    return buffer
  }

  /** Takes back a buffer that nothing reads or writes any more. A quarter of the budget is kept, of the sizes in use. */
  give(buffer: Buffer): void {
    if (this.#freeBytes + buffer.length > this.#budget / 4) this.#dropOthers(buffer.length)
    if (this.#freeBytes + buffer.length > this.#budget / 4) return
    const free = this.#free.get(buffer.length) ?? []
    this.#free.set(buffer.length, free)
    free.push(buffer)
    this.#freeBytes += buffer.length
  }

  #dropOthers(size: number): void {
    for (const [other, free] of this.#free) {
      if (other === size) continue
      this.#freeBytes -= other * free.length
      this.#free.delete(other)
    }
  }

  #sizeFor(length: number): number {
    const share = this.#budget / (2 * Math.max(this.#transfers, 1))
    let size = smallest
    while (size < largest && size < length && size * 2 <= share) size *= 2
    return size
  }
}

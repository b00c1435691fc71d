const smallest = 64 * 1024
const largest = 1024 * 1024

/**
 * Buffers for blobs that are sent. Each transfer takes two of one size; the more transfers there are, the smaller these are,
 * so that all together stay within a budget (down to 64 KiB each, below which none goes).
 */
export class BufferPool {
  readonly #budget: number
  readonly #free = new Map<number, Buffer[]>()
  #transfers = 0

  /** `budget` in bytes. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** Begins a transfer of so many bytes. {@link Transfer.end} must be called once. */
  begin(length: number): Transfer {
    this.#transfers++
    const size = this.#sizeFor(length)
    return {
      size,
      take: () => this.#free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size),
      give: (buffer) => this.#keep(buffer),
      end: () => {
        this.#transfers--
      },
    }
  }

  #sizeFor(length: number): number {
    const share = this.#budget / (2 * this.#transfers)
    let size = smallest
    while (size < largest && size < length && size * 2 <= share) size *= 2
    return size
  }

  /** Keeps a quarter of the budget at most for transfers to come. */
  #keep(buffer: Buffer): void {
    const free = this.#free.get(buffer.length) ?? []
    this.#free.set(buffer.length, free)
    if ((free.length + 1) * buffer.length <= this.#budget / 4) free.push(buffer)
  }
}

export interface Transfer {
  /** Bytes of each buffer. */
  readonly size: number
  readonly take: () => Buffer
  /** Gives a buffer back that nothing reads or writes any more. */
  readonly give: (buffer: Buffer) => void
  readonly end: () => void
}

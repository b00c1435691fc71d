import type { ByteCursor } from './cursor.ts'
import { blockSize } from './header.ts'

/** The bytes to fill the last block of `size` bytes of content. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

/** The stored bytes of one member: handed out once, in pieces, as far as they are asked for; the rest is passed over. */
export class StoredContent implements AsyncIterable<Uint8Array> {
  readonly #cursor: ByteCursor
  readonly #padding: number
  #left: number
  #closed = false

  constructor(cursor: ByteCursor, size: number) {
    this.#cursor = cursor
    this.#left = size
    this.#padding = paddingOf(size)
  }

  get left(): number {
    return this.#left
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) yield this.tryPiece(this.#left) ?? (await this.piece(this.#left))
  }

  tryPiece(most: number): Buffer | undefined {
    this.#checkOpen()
    const piece = this.#cursor.tryPiece(Math.min(most, this.#left))
    this.#left -= piece?.length ?? 0
    return piece
  }

  /** From 1 to `most` bytes; call it only while bytes are left. */
  async piece(most: number): Promise<Buffer> {
    this.#checkOpen()
    const piece = await this.#cursor.piece(Math.min(most, this.#left))
    this.#left -= piece.length
    return piece
  }

  /** Passes over what was not read, when all of it lies in the current chunk. */
  tryFinish(): boolean {
    this.#closed = true
    return this.#cursor.tryTake(this.#left + this.#padding) !== undefined
  }

  /** Passes over what was not read. The padding of the last member may be missing. */
  async finish(): Promise<void> {
    this.#closed = true
    await this.#cursor.skip(this.#left)
    if (this.#padding > 0) await this.#cursor.take(this.#padding)
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error('the content of a tar member was read after the next member')
  }
}

/** Content of a member that has none. */
export const noContent: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
}

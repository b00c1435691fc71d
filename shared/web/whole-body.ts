import { type BodyLimits, type BodyRequest, bodyOf } from './body.ts'

/** Memory for bodies that are held as a whole, of all requests together. */
export class BodyMemory {
  #left: number
  readonly #tooMany: () => Error

  /** `budget` in bytes; `tooMany` is what is thrown when more is wanted. */
  constructor(budget: number, tooMany: () => Error) {
    this.#left = budget
    this.#tooMany = tooMany
  }

  /** Throws when there is not so much left. */
  take(bytes: number): void {
    if (bytes > this.#left) throw this.#tooMany()
    this.#left -= bytes
  }

  give(bytes: number): void {
    this.#left += bytes
  }
}

export interface WholeBodyOptions extends BodyLimits {
  /** Bytes that the body may have. */
  readonly most: number
  readonly tooLarge: () => Error
  readonly memory: BodyMemory
}

export interface WholeBodyRequest extends BodyRequest {
  /** Bytes of the body, when announced. */
  readonly length: number | undefined
}

/**
 * Works with the whole body, of at most `most` bytes: more is refused with `tooLarge` without being read. What was announced
 * takes no memory before it comes; what came takes it until the work is done.
 */
export async function withWholeBody<T>(
  request: WholeBodyRequest,
  { most, tooLarge, memory, ...limits }: WholeBodyOptions,
  work: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  const announced = request.length ?? most
  if (announced > most) throw tooLarge()
  const gathered = new Gathered(memory, announced)
  try {
    for await (const chunk of bodyOf(request, limits)) {
      if (gathered.size + chunk.byteLength > most) throw tooLarge()
      gathered.add(chunk)
    }
    return await work(gathered.bytes())
  } finally {
    gathered.release()
  }
}

/** Most bodies have fewer bytes. */
const firstBytes = 16 * 1024

/** Pieces in one buffer that grows: kept as they come, small ones would take many times their size. */
class Gathered {
  readonly #memory: BodyMemory
  readonly #most: number
  #buffer: Buffer = Buffer.alloc(0)
  size = 0

  /** No more than `most` bytes come. */
  constructor(memory: BodyMemory, most: number) {
    this.#memory = memory
    this.#most = most
  }

  add(piece: Uint8Array): void {
    const needed = this.size + piece.byteLength
    if (needed > this.#buffer.length) {
      this.#grow(Math.max(needed, Math.min(this.#most, Math.max(firstBytes, 2 * this.#buffer.length))))
    }
    this.#buffer.set(piece, this.size)
    this.size = needed
  }

  /** As long as what came, because it may be kept. */
  bytes(): Uint8Array {
    return this.size === this.#buffer.length ? this.#buffer : Buffer.from(this.#buffer.subarray(0, this.size))
  }

  release(): void {
    this.#memory.give(this.#buffer.length)
    this.#buffer = Buffer.alloc(0)
  }

  #grow(capacity: number): void {
    this.#memory.take(capacity - this.#buffer.length)
    const grown = Buffer.allocUnsafe(capacity)
    grown.set(this.#buffer.subarray(0, this.size))
    this.#buffer = grown
  }
}

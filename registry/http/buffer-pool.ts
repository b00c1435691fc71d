const unit = 64 * 1024
const unitsPerBlock = 8
const blockBytes = unit * unitsPerBlock

/** A piece of memory that is lent in parts of 1, 2, 4 or 8 units. */
interface Block {
  readonly buffer: Buffer
  /** One bit for each unit that is out. */
  used: number
}

/**
 * Buffers for blobs that are sent. The more are out, the smaller the next ones are, so that all together stay within a
 * budget; but none is smaller than 64 KiB. They are parts of larger pieces, which stay: memory that is asked for and freed
 * in many sizes all the time leaves holes that the process keeps.
 */
export class BufferPool {
  readonly #budget: number
  readonly #blocks = new Map<ArrayBufferLike, Block>()
  #usedBytes = 0

  /** `budget` in bytes. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** Bytes of all buffers that are out. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Bytes of memory that is held, out or not; without buffers that were given up. */
  get heldBytes(): number {
    return this.#blocks.size * blockBytes
  }

  /** A buffer with any content, no larger than `length` asks for. It must be given back, or given up, once. */
  take(length: number): Buffer {
    const taken = this.#find(this.#unitsFor(length))
    this.#usedBytes += taken.length
    return taken
  }

  /** Where no run of so many units is free a shorter one does, rather than that more than the budget is held. */
  #find(wanted: number): Buffer {
    for (let units = wanted; ; units /= 2) {
      for (const block of this.#blocks.values()) {
        const start = freeRun(block.used, units)
        if (start !== undefined) return lend(block, start, units)
      }
      if (units === 1 || this.heldBytes + blockBytes <= this.#budget) return lend(this.#newBlock(), 0, units)
    }
  }

  #newBlock(): Block {
    const block = { buffer: Buffer.allocUnsafeSlow(blockBytes), used: 0 }
    this.#blocks.set(block.buffer.buffer, block)
    return block
  }

  /**
   * Takes back a buffer that nothing reads or writes any more. Kept for others is a quarter of the budget, and while transfers
   * go on twice what these have: to give memory back and ask for it again makes V8 look through its whole heap every time.
   */
  give(buffer: Buffer): void {
    this.#usedBytes -= buffer.length
    const block = this.#blocks.get(buffer.buffer)
    if (block === undefined) return
    block.used &= ~runAt(buffer.byteOffset / unit, buffer.length / unit)
    if (block.used === 0) this.#letGo(Math.max(this.#budget / 4, 2 * this.#usedBytes))
  }

  #letGo(enough: number): void {
    for (const [memory, { used }] of this.#blocks) {
      if (this.heldBytes <= enough) return
      if (used === 0) this.#blocks.delete(memory)
    }
  }

  /** Counts a buffer as gone that something may still read or write: nobody gets its memory again. */
  giveUp(buffer: Buffer): void {
    this.#usedBytes -= buffer.length
    this.#blocks.delete(buffer.buffer)
  }

  /** A part of what is left: so a few transfers have large buffers, and many come to equal ones by themselves. */
  #unitsFor(length: number): number {
    const share = (this.#budget - this.#usedBytes) / 32
    let units = 1
    while (units < unitsPerBlock && units * unit < length && units * 2 * unit <= share) units *= 2
    return units
  }
}

function lend(block: Block, start: number, units: number): Buffer {
  block.used |= runAt(start, units)
  return block.buffer.subarray(start * unit, (start + units) * unit)
}

/** Where so many units are free, at a multiple of their number. */
function freeRun(used: number, units: number): number | undefined {
  for (let start = 0; start < unitsPerBlock; start += units) if ((used & runAt(start, units)) === 0) return start
  return undefined
}

function runAt(start: number, units: number): number {
  return ((1 << units) - 1) << start
}

import { underWay } from '../../shared/base/under-way.ts'
import type { EmitTransfer } from '../transfer-events.ts'

/** Tells of transfers, each under a number of its own. */
export interface Transfers {
  /** Tells of work whose bytes move; what the work gives ends it. `total` in bytes, as far as known. */
  during<T>(title: string, total: number | undefined, work: (moved: Moved) => Promise<Ended<T>>): Promise<T>
  /** Tells of what need not move. */
  spared(title: string, result: string): void
}

/** Is told how many bytes have moved so far. */
export type Moved = (done: number) => void

export interface Ended<T> {
  readonly value: T
  readonly result: string
}

/** Milliseconds between two events of progress. */
const pause = 100

/** Numbers are counted by this object: one for everything that is told to one `emit`. */
export function createTransfers(emit: EmitTransfer = () => undefined): Transfers {
  let count = 0
  return {
    async during(title, total, work) {
      const transfer = ++count
      const started = performance.now()
      emit({ type: 'transfer-started', transfer, title, ...(total !== undefined && { total }) })
      let bytes = 0
      let told = started
      const moved = (done: number): void => {
        bytes = done
        const now = performance.now()
        if (now - told < pause) return
        told = now
        emit({ type: 'transfer-progress', transfer, done })
      }
      try {
        const { value, result } = await underWay(`transfer ${transfer}`, async () => work(moved))
        emit({ type: 'transfer-done', transfer, title, result, bytes, elapsed: performance.now() - started })
        return value
      } catch (error) {
        emit({ type: 'transfer-failed', transfer, title, elapsed: performance.now() - started })
        throw error
      }
    },
    spared(title, result) {
      emit({ type: 'transfer-done', transfer: ++count, title, result, bytes: 0, elapsed: 0 })
    },
  }
}

/** The pieces of a source; `moved` is told how many bytes there were. */
export async function* counted(source: AsyncIterable<Uint8Array>, moved: Moved): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const piece of source) {
    done += piece.byteLength
    moved(done)
    yield piece
  }
}

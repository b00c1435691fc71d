import { type Lock, lockShared } from '../../shared/cas/lock.ts'
import type { Layout } from './layout.ts'
import type { TempFolders } from './temp-folders.ts'

/** What the parts of one store share. */
export interface StoreContext {
  readonly layout: Layout
  readonly temps: TempFolders
  /** Runs `work` while garbage collection is kept away. */
  underShared<T>(work: () => Promise<T>): Promise<T>
}

/** Counts what this process holds, so that work inside a held lock takes no second one. */
export class SharedLock {
  readonly #folder: string
  #holders = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Takes the lock once more. */
  async take(options = {}): Promise<Lock> {
    const lock = await lockShared(this.#folder, options)
    this.#holders++
    let held = true
    const release = (): void => {
      if (held) this.#holders--
      held = false
      lock.release()
    }
    return { release }
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holders > 0) return work()
    const lock = await this.take()
    try {
      return await work()
    } finally {
      lock.release()
    }
  }
}

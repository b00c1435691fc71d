import { type Lock, type LockOptions, lockShared } from '../../shared/cas/lock.ts'

/**
 * The shared side of a store's lock in this process. All holders of the process stand behind one: if each waited on its
 * own, a second one could wait for a garbage collection that waits for the first.
 */
export class SharedLock {
  readonly #folder: string
  #holders = 0
  #locks: Lock[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Takes the lock once more; each lock taken must be released. */
  async take(options: LockOptions = {}): Promise<Lock> {
    if (this.#holders === 0) {
      const lock = await lockShared(this.#folder, options)
      this.#locks.push(lock)
    }
    this.#holders++
    let held = true
    const release = (): void => {
      if (held) this.#giveBack()
      held = false
    }
    return { release }
  }

  #giveBack(): void {
    this.#holders--
    if (this.#holders > 0) return
    for (const lock of this.#locks.splice(0)) lock.release()
  }

  /** Runs `work` while the lock is held. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const lock = await this.take()
    try {
      return await work()
    } finally {
      lock.release()
    }
  }
}

const locks = new Map<string, SharedLock>()

/** The one lock of this process for that folder. */
export function sharedLockOf(folder: string): SharedLock {
  const lock = locks.get(folder) ?? new SharedLock(folder)
  locks.set(folder, lock)
  return lock
}

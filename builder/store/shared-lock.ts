import { errnoOf } from '../../shared/base/errors.ts'
import { type Lock, type LockOptions, lockShared } from '../../shared/cas/lock.ts'
import type { SharedLockOptions } from './types.ts'

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
  async take({ reading = false, ...options }: SharedLockOptions = {}): Promise<Lock> {
    if (this.#holders === 0) {
      const lock = await (reading ? lockToRead(this.#folder, options) : lockShared(this.#folder, options))
      // Not counted, so that whoever writes under it is told that he cannot.
      if (lock === undefined) return noLock
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
  async during<T>(work: () => Promise<T>, options?: SharedLockOptions): Promise<T> {
    const lock = await this.take(options)
    try {
      return await work()
    } finally {
      lock.release()
    }
  }
}

/**
 * A filesystem that is read-only takes no lock, and mostly has no writers. Where it is another view of one that has, a prune
 * may take away what is being read: then reading fails, but never gives anything wrong.
 */
async function lockToRead(folder: string, options: LockOptions): Promise<Lock | undefined> {
  try {
    return await lockShared(folder, options)
  } catch (error) {
    if (errnoOf(error) === 'EROFS') return undefined
    throw error
  }
}

const noLock: Lock = { release: () => undefined }

const locks = new Map<string, SharedLock>()

/** The one lock of this process for that folder. */
export function sharedLockOf(folder: string): SharedLock {
  const lock = locks.get(folder) ?? new SharedLock(folder)
  locks.set(folder, lock)
  return lock
}

/** The functions of a {@link SharedLock}. */
export interface LazyLock {
  readonly take: (options?: SharedLockOptions) => Promise<Lock>
  readonly during: <T>(work: () => Promise<T>, options?: SharedLockOptions) => Promise<T>
}

/** A lock of a store that may not be made yet: who writes makes it, and who reads what is not there needs no lock. */
export function lazyLock(
  lock: SharedLock,
  { isMade, make }: { readonly isMade: () => boolean; readonly make: () => void },
): LazyLock {
  const needsNone = (options: SharedLockOptions | undefined): boolean => {
    if (options?.reading === true) return !isMade()
    make()
    return false
  }
  return {
    take: async (options) => (needsNone(options) ? noLock : lock.take(options)),
    during: async (work, options) => (needsNone(options) ? work() : lock.during(work, options)),
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

/** Lets one waiter sleep until something happens. */
export class Wakeup {
  #count = 0
  #wake: () => void = () => undefined

  /** How often something happened. */
  get count(): number {
    return this.#count
  }

  wake(): void {
    this.#count++
    this.#wake()
  }

  /** Sleeps until something happens, or not at all when anything did since {@link count} was `seen`. */
  async sleepUnless(seen: number): Promise<void> {
    if (this.#count !== seen) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
  }
}

/** Sleeps so many milliseconds, or until `signal` aborts. */
export async function sleepUnlessStopped(time: number, signal: AbortSignal): Promise<void> {
  await sleep(time, undefined, { signal }).catch(() => undefined)
}

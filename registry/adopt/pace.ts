import { setTimeout as sleep } from 'node:timers/promises'

/** Makes work in the background take a share of the time only. */
export interface Pace {
  /** To be called between pieces of work: rests as long as the last one took, a second at most. Rejects when it is to end. */
  rest(): Promise<void>
}

/** Milliseconds: shorter pieces of work are taken together, as a timer costs more than they do. */
const shortest = 5
const longest = 1000

/** Ends with the reason of the signal. */
export function createPace(signal: AbortSignal): Pace {
  let since = performance.now()
  return {
    rest: async () => {
      signal.throwIfAborted()
      const worked = performance.now() - since
      if (worked < shortest) return
      await sleep(Math.min(worked, longest), undefined, { signal }).catch(() => signal.throwIfAborted())
      since = performance.now()
    },
  }
}

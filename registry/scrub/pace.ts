import { setTimeout as sleep } from 'node:timers/promises'
import type { ScrubSettings } from './types.ts'

export interface PaceParts {
  readonly settings: () => Pick<ScrubSettings, 'rate'>
  /** True while clients are served: then the rate is a quarter. */
  readonly isBusy: () => boolean
  readonly signal: AbortSignal
  /** Milliseconds by a clock that nobody sets. */
  readonly elapsed: () => number
}

const besideClients = 4
/** Milliseconds between looks at a rate of 0, which may be raised again. */
const look = 1000

/** Waits, after so many bytes, as long as the rate says. Rejects when the signal aborts. */
export function createPace({ settings, isBusy, signal, elapsed }: PaceParts): (bytes: number) => Promise<void> {
  let freeAt = elapsed()
  const pause = (time: number): Promise<void> => sleep(time, undefined, { signal, ref: false })
  return async (bytes) => {
    while (settings().rate === 0) await pause(look)
    const time = (1000 * bytes * (isBusy() ? besideClients : 1)) / settings().rate
    freeAt = Math.max(freeAt, elapsed()) + time
    const rest = freeAt - elapsed()
    if (rest >= 1) await pause(rest)
    else signal.throwIfAborted()
  }
}

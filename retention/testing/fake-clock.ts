import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../clock.ts'

/** A clock that goes on when it is told to. */
export interface FakeClock extends Clock {
  /** Brings it to a time, waking each who waits at his own; resolves when all that were woken wait again, or have ended. */
  advanceTo(time: number): Promise<void>
  /** Sets it, back or ahead, as somebody does who corrects it; nobody is woken before his wait has passed. */
  set(time: number): void
}

interface Sleeper {
  at: number
  readonly wake: () => void
}

/** Turns of the event loop in which work of a test comes to its next wait. */
const turns = 8

export function createFakeClock(start: number): FakeClock {
  let now = start
  const sleeping = new Set<Sleeper>()
  const settle = async (): Promise<void> => {
    for (let i = 0; i < turns; i++) await turn()
  }
  return {
    now: () => now,
    wait: async (milliseconds, signal) => {
      if (signal.aborted) return
      await new Promise<void>((resolve) => {
        const sleeper = { at: now + milliseconds, wake: resolve }
        sleeping.add(sleeper)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    },
    async advanceTo(time) {
      await settle()
      for (;;) {
        const [next] = [...sleeping].sort((a, b) => a.at - b.at)
        if (next === undefined || next.at > time) break
        now = Math.max(now, next.at)
        sleeping.delete(next)
        next.wake()
        await settle()
      }
      now = time
      await settle()
    },
    set(time) {
      for (const sleeper of sleeping) sleeper.at += time - now
      now = time
    },
  }
}

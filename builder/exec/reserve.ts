import { type Output, openOutput } from './output.ts'
import type { Prepared } from './starter.ts'

/** A runtime on standby, and the pipes that it writes to. */
export interface Ready {
  readonly prepared: Prepared
  readonly output: Output
}

/** Keeps one runtime on standby, so that the next container starts sooner. */
export interface Reserve {
  /** The one on standby, or a new one: always that when it is to read `stdin`, an open descriptor that stays the caller's. */
  take(stdin?: number): Promise<Ready>
  /** Puts one on standby when there is none; one that nobody takes is discarded after a while. Never fails. */
  refill(): void
  /** Discards the one on standby, now and for good; no other comes after it. */
  close(): Promise<void>
}

/** What a runtime on standby reads and writes. */
export interface Streams extends Pick<Output, 'stdout' | 'stderr'> {
  readonly stdin: number | undefined
}

type Prepare = (streams: Streams) => Promise<Prepared>

/** `keep` are the milliseconds for which one stands by; 0: none ever does. */
export function createReserve(prepare: Prepare, keep: number): Reserve {
  let isOpen = true
  let spare: { readonly ready: Promise<Ready>; readonly timer: NodeJS.Timeout } | undefined
  const takeSpare = (): Promise<Ready> | undefined => {
    const taken = spare
    spare = undefined
    clearTimeout(taken?.timer)
    return taken?.ready
  }
  return {
    async take(stdin) {
      if (stdin !== undefined) return open(prepare, stdin)
      const ready = await takeSpare()?.catch(() => undefined)
      if (ready?.prepared.isUsable() === true) return ready
      if (ready !== undefined) discard(ready)
      return open(prepare, undefined)
    },
    refill() {
      if (spare !== undefined || keep === 0 || !isOpen) return
      const ready = open(prepare, undefined)
      const timer = setTimeout(() => void takeSpare()?.then(discard, () => undefined), keep).unref()
      ready.catch(() => undefined) // told to who takes one
      spare = { ready, timer }
    },
    async close() {
      isOpen = false
      await takeSpare()?.then(discard, () => undefined)
    },
  }
}

async function open(prepare: Prepare, stdin: number | undefined): Promise<Ready> {
  const output = openOutput()
  try {
    return { prepared: await prepare({ stdin, stdout: output.stdout, stderr: output.stderr }), output }
  } catch (error) {
    output.discard()
    throw error
  } finally {
    output.handedOver()
  }
}

/** Closes what belongs to one that is not needed; the process ends by that. */
function discard({ prepared, output }: Ready): void {
  prepared.discard()
  output.discard()
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Message, Wire } from '../registry/conformance/wire.ts'

/** An answer, and when it was asked for; milliseconds by a clock that nobody sets. */
export interface TimedAnswer extends Answer {
  readonly sentAt: number
  readonly answeredAt: number
}

/** All that those need who only look. */
export type Asks = Pick<Asker, 'ask'>

/** Milliseconds in which a server that was killed is there again. */
const patience = 60_000

/** Requests of one lane; where the server is killed now and then, they are repeated until one is answered. */
export class Asker {
  readonly wire: Wire
  /** True when the server is killed now and then. */
  readonly isKilled: boolean
  readonly #onAgain: () => void

  constructor(wire: Wire, isKilled = false, onAgain: () => void = () => {}) {
    this.wire = wire
    this.isKilled = isKilled
    this.#onAgain = onAgain
  }

  async ask(method: string, path: string, message: Message = {}): Promise<TimedAnswer> {
    for (const end = performance.now() + patience; ; await sleep(50)) {
      const sentAt = performance.now()
      try {
        const answer = await this.wire.ask(method, path, message)
        return { ...answer, sentAt, answeredAt: performance.now() }
      } catch (error) {
        if (!this.isKilled || sentAt > end) throw new Error(`${method} ${path}: ${String(error)}`, { cause: error })
        this.#onAgain()
      }
    }
  }
}

/** What was not expected, for people. */
export function told({ to, status, body }: Answer): string {
  return `${to}: ${status} ${status < 400 ? `with ${body.length} bytes` : body.toString().slice(0, 300)}`
}

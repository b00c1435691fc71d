import type { TimedAnswer } from './asker.ts'

/** A lease is renewed by work in its repository so often, and then ends. */
const mostRenewals = 24

/**
 * Whether a client may still rely on what it was told in a repository: the server keeps that for the time of a lease after the
 * last work of the push. All that the client can tell of the server's clock is that work was done after it was asked for and
 * before it was answered; so the promise held as long as each answer came within a lease of the request before it.
 */
export class Reliance {
  isHeld = true
  readonly #lease: number
  readonly #of: Reliance | undefined
  #first: number | undefined
  #last = 0

  /** `of`: the push of which this one is a part. */
  constructor(lease: number, of?: Reliance) {
    this.#lease = lease
    this.#of = of
  }

  /** Is told of each request that is work of the push. */
  told(answer: Pick<TimedAnswer, 'sentAt' | 'answeredAt'>): void {
    const { sentAt, answeredAt } = answer
    this.#first ??= this.#last = sentAt
    if (answeredAt - this.#last >= this.#lease || answeredAt - this.#first >= mostRenewals * this.#lease)
      this.isHeld = false
    this.#last = sentAt
    this.#of?.told(answer)
  }
}

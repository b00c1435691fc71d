import type { Backlog, Batch } from './backlog.ts'
import type { Delivery, Outcome } from './delivery.ts'
import { type Entry, timeOf } from './entries.ts'
import { longestPause, pauseAfter } from './pause.ts'
import type { EndpointSettings } from './types.ts'
import { sleepUnlessStopped, Wakeup } from './wakeup.ts'

/** What a worker has done since it was started. */
export interface WorkerCounts {
  /** Events that the receiver took. */
  readonly delivered: number
  /** Tries that came to nothing. */
  readonly failed: number
  /** Events that were given up. */
  readonly dead: number
  /** Why the last try came to nothing; undefined when it did not. */
  readonly failure: string | undefined
  /** True from the threshold of failures in a row on. */
  readonly isFailing: boolean
}

export interface WorkerOptions {
  readonly endpoint: Pick<EndpointSettings, 'name' | 'threshold' | 'backoff' | 'maxAge'>
  readonly backlog: Backlog
  readonly delivery: Delivery
  /** The number before the first that the log is to keep for this receiver: what is not after it is given up. */
  readonly floor: () => Promise<number>
  /** Runs work that writes; it does not while nothing may be written. */
  readonly housekeep: (work: () => Promise<void>) => Promise<void>
  readonly log: { warn(message: string, fields?: object): void; info(message: string, fields?: object): void }
  readonly now: () => number
  readonly random: () => number
}

type Failure = Extract<Outcome, { kind: 'failed' }>

/** Events that are sent together at most. */
const mostTogether = 100
/** Events that a receiver can refuse one after the other: if it takes none at all, it is not for what is in them. */
const mostRefused = 3
/** Milliseconds until a write is tried again that was not possible. */
const writeAgain = 1000

/**
 * Tells one receiver of events, in their order: the next ones go when it has taken those before, or when these were given up.
 * A try that fails is followed by a wait, and by smaller batches where the receiver blames what was sent, until the one event
 * is found that it will not take.
 */
export class Worker {
  readonly #options: WorkerOptions
  readonly #stopped = new AbortController()
  readonly #wakeup = new Wakeup()
  readonly #running: Promise<void>
  #together = mostTogether
  #failures = 0
  /** Tries in a row at which the receiver blamed the one event that was sent. */
  #refusals = 0
  /** Events that were given up for that since the receiver took one. */
  #refused = 0
  #delivered = 0
  #failed = 0
  #dead = 0
  #failure: string | undefined
  #complainedAt = Number.NEGATIVE_INFINITY

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  get counts(): WorkerCounts {
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      dead: this.#dead,
      failure: this.#failure,
      isFailing: this.#isFailing,
    }
  }

  /** There may be something to tell. */
  wake(): void {
    this.#wakeup.wake()
  }

  /** Ends. What is on its way is cut off: nobody knows whether it was taken, and it is sent again by the next worker. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('stopped'))
    this.#wakeup.wake()
    await this.#running
    await this.#options.delivery.close()
  }

  get #isFailing(): boolean {
    return this.#failures >= this.#options.endpoint.threshold
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      try {
        await this.#written(() => this.#options.backlog.begin())
        while (!signal.aborted) await this.#step()
      } catch (error) {
        if (signal.aborted) return
        this.#complain('events cannot be read for now', error)
        await sleepUnlessStopped(writeAgain, signal)
      }
    }
  }

  async #step(): Promise<void> {
    const seen = this.#wakeup.count
    const batch = await this.#options.backlog.next(this.#together)
    if (batch === undefined) return this.#stopped.signal.aborted ? undefined : this.#wakeup.sleepUnless(seen)
    if (batch.entries.length === 0) return this.#written(() => batch.done())
    const overdue = await this.#overdue(batch.entries)
    if (overdue > 0) return this.#bury(batch, overdue, 'too many events came after it')
    const outcome = await this.#options.delivery.send(
      batch.entries.map(({ text }) => text),
      this.#stopped.signal,
    )
    await (outcome.kind === 'taken' ? this.#taken(batch) : this.#notTaken(batch, outcome))
  }

  /** How many of them are not to be kept any longer, because there are too many after them. */
  async #overdue(entries: readonly Entry[]): Promise<number> {
    const floor = await this.#options.floor()
    return countWhile(entries, ({ number, key }) => number <= floor && key.startsWith('event '))
  }

  async #taken(batch: Batch): Promise<void> {
    const { endpoint, log } = this.#options
    if (this.#isFailing) log.info('events are taken again', { endpoint: endpoint.name })
    this.#failures = this.#refusals = this.#refused = 0
    this.#failure = undefined
    this.#together = Math.min(mostTogether, this.#together * 2)
    this.#delivered += batch.entries.length
    await this.#written(() => batch.done())
  }

  async #notTaken(batch: Batch, outcome: Failure): Promise<void> {
    const { endpoint, log, random } = this.#options
    this.#failures++
    this.#failed++
    this.#failure = outcome.reason
    if (this.#failures === endpoint.threshold) {
      log.warn('events are not taken', { endpoint: endpoint.name, reason: outcome.reason })
    }
    await this.#giveUp(batch, outcome)
    const wait = Math.max(pauseAfter(this.#failures, endpoint, random()), outcome.retryAfter ?? 0)
    await sleepUnlessStopped(Math.min(wait, longestPause), this.#stopped.signal)
  }

  /** What is too old while the receiver is failing, and what it will not take. One that takes nothing at all is failing. */
  async #giveUp(batch: Batch, { isForContent, reason }: Failure): Promise<void> {
    const { endpoint, now } = this.#options
    const { entries } = batch
    const isRefused = isForContent && entries.length === 1
    this.#refusals = isRefused ? this.#refusals + 1 : 0
    if (isForContent) this.#together = Math.max(1, Math.floor(entries.length / 2))
    if (this.#refusals >= endpoint.threshold && this.#refused < mostRefused) {
      this.#failures = this.#refusals = 0
      this.#refused++
      return this.#bury(batch, 1, reason)
    }
    const old = now() - endpoint.maxAge
    const count = this.#isFailing ? countWhile(entries, ({ event }) => !(timeOf(event) > old)) : 0
    if (count > 0) await this.#bury(batch, count, reason)
  }

  async #bury(batch: Batch, count: number, reason: string): Promise<void> {
    const { endpoint, log } = this.#options
    await this.#written(() => batch.bury(count, reason))
    this.#dead += count
    log.warn('events were given up: they are dead letters now', { endpoint: endpoint.name, count, reason })
  }

  /** Writes as soon as that can be done. Until then nothing more is sent: it would be sent again after a restart. */
  async #written(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopped
    while (!(await this.#tryWriting(work)) && !signal.aborted) await sleepUnlessStopped(writeAgain, signal)
  }

  async #tryWriting(work: () => Promise<void>): Promise<boolean> {
    const done = { is: false }
    try {
      await this.#options.housekeep(async () => {
        await work()
        done.is = true
      })
    } catch (error) {
      this.#complain('what this receiver has cannot be written down for now', error)
    }
    return done.is
  }

  /** Once a minute is enough. */
  #complain(message: string, error: unknown): void {
    if (performance.now() < this.#complainedAt + 60_000) return
    this.#complainedAt = performance.now()
    this.#options.log.warn(message, { endpoint: this.#options.endpoint.name, error })
  }
}

function countWhile<T>(items: readonly T[], is: (item: T) => boolean): number {
  const end = items.findIndex((item) => !is(item))
  return end < 0 ? items.length : end
}

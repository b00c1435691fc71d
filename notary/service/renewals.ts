import { isIbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { CollectionState, CurrentFile, TrustStore } from '../store/types.ts'
import type { Gun } from '../tuf/types.ts'
import type { ServiceEvents } from './types.ts'

/** Milliseconds between two looks at what is due: short against every lifetime, and clocks may jump. */
const lookEvery = 60_000
const atOnce = 2
/** Milliseconds in which nobody waits for a renewal after one failed. */
const retryAfter = 5000
const statesAtOnce = 500
/** Renewed at half of its life, and so much of it earlier or later, that not all that came together is renewed together. */
const jitter = 0.05

export interface RenewalWish {
  readonly timestamp: boolean
  readonly snapshot: boolean
}

export interface RenewalOutcome {
  /** False when nothing of what was wished for can be signed here. */
  readonly isRenewed: boolean
  /** Which keys are held here. */
  readonly holds: RenewalWish
}

export interface RenewalsOptions {
  readonly store: TrustStore
  readonly renew: (gun: Gun, wish: RenewalWish) => Promise<RenewalOutcome>
  readonly events: ServiceEvents
  readonly now: () => number
}

/** When what the server signed of a collection is to be signed anew. */
interface Due {
  readonly timestampAt: number
  readonly snapshotAt: number
  /** Of the timestamp. */
  readonly expires: number
}

/** Signs timestamps and snapshots anew long before they expire, behind what clients ask. */
export class Renewals {
  readonly #options: RenewalsOptions
  readonly #due = new Map<Gun, Due>()
  #timer: NodeJS.Timeout | undefined
  #pass: Promise<void> | undefined
  #isClosed = false
  readonly #trying = new Map<Gun, Promise<void>>()
  /** When a renewal that somebody waited for failed. */
  #triedAt = Number.NEGATIVE_INFINITY
  /** So that one signer that is down is told of once. */
  #isFailing = false

  constructor(options: RenewalsOptions) {
    this.#options = options
  }

  /** Looks through all collections, and at what is due from now on. */
  start(): void {
    this.#pass = this.#begin()
  }

  /** The collection is as it is now. */
  track({ gun, files }: CollectionState): void {
    const timestamp = files.get('timestamp')
    const snapshot = files.get('snapshot')
    if (timestamp === undefined || snapshot === undefined) return
    const share = 0.5 - jitter + 2 * jitter * Math.random()
    this.#due.set(gun, {
      timestampAt: dueAt(timestamp, share),
      snapshotAt: dueAt(snapshot, share),
      expires: timestamp.expires,
    })
  }

  untrack(gun: Gun): void {
    this.#due.delete(gun)
  }

  /** Milliseconds until the first timestamp expires; undefined without any. */
  minRemaining(): number | undefined {
    let first: number | undefined
    for (const { expires } of this.#due.values()) if (first === undefined || expires < first) first = expires
    return first === undefined ? undefined : first - this.#options.now()
  }

  /** Renews what is due now. What cannot be renewed is tried again the next time. */
  async pass(): Promise<void> {
    const now = this.#options.now()
    const due = [...this.#due].filter(([, { timestampAt, snapshotAt }]) => Math.min(timestampAt, snapshotAt) <= now)
    try {
      await inParallel(due, { atOnce }, async ([gun, { timestampAt, snapshotAt }]) => {
        if (!this.#isClosed) await this.#renew(gun, { timestamp: timestampAt <= now, snapshot: snapshotAt <= now })
      })
      if (due.length > 0) this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#options.events.onNotice?.(`timestamps cannot be renewed: ${reasonOf(error)}`)
      this.#isFailing = true
    }
  }

  /**
   * Renews what is expired of a collection, at once, for somebody who asks for it; many who ask share one try, and after one that
   * failed nobody is made to wait for a while. Never fails: what is there is served, and clients see that it is expired.
   */
  async renewNow(gun: Gun): Promise<void> {
    const now = this.#options.now()
    const due = this.#due.get(gun)
    if (due?.timestampAt === Number.POSITIVE_INFINITY || now < this.#triedAt + retryAfter) return
    const trying =
      this.#trying.get(gun) ?? this.#tryNow(gun, { timestamp: true, snapshot: (due?.snapshotAt ?? 0) <= now })
    this.#trying.set(gun, trying)
    await trying
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#pass
  }

  async #begin(): Promise<void> {
    try {
      await this.#trackAll()
    } catch (error) {
      this.#options.events.onNotice?.(`collections cannot be looked through: ${reasonOf(error)}`)
    }
    await this.#turn()
  }

  async #trackAll(): Promise<void> {
    for (let after: string | undefined; !this.#isClosed; ) {
      const states = await this.#options.store.states({ after, limit: statesAtOnce })
      for (const state of states) if (!this.#due.has(state.gun)) this.track(state)
      if (states.length < statesAtOnce) return
      after = states.at(-1)?.gun
    }
  }

  async #turn(): Promise<void> {
    await this.pass()
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#pass = this.#turn()
    }, lookEvery).unref()
  }

  async #tryNow(gun: Gun, wish: RenewalWish): Promise<void> {
    try {
      await this.#renew(gun, wish)
    } catch {
      this.#triedAt = this.#options.now()
    } finally {
      this.#trying.delete(gun)
    }
  }

  /** Throws only when the others would fail as well. */
  async #renew(gun: Gun, wish: RenewalWish): Promise<void> {
    const { renew, events } = this.#options
    try {
      const { isRenewed, holds } = await renew(gun, wish)
      if (isRenewed) events.onRenewal?.(gun, 'renewed')
      this.#giveUp(gun, holds)
    } catch (error) {
      events.onRenewal?.(gun, 'failed')
      if (isIbuildError(error, 'SIGNER_UNAVAILABLE', 'DISK_FULL', 'SYSTEM_CALL')) throw error
      events.onNotice?.(`the timestamp of ${gun} cannot be renewed: ${reasonOf(error)}`)
    }
  }

  /** Without their keys there is nothing to do before all is published anew; until then it is still told when it expires. */
  #giveUp(gun: Gun, holds: RenewalWish): void {
    const due = this.#due.get(gun)
    if (due === undefined) return
    const never = Number.POSITIVE_INFINITY
    if (!holds.timestamp) {
      this.#options.events.onNotice?.(`the timestamp of ${gun} cannot be renewed: its keys are not held here`)
    }
    const timestampAt = holds.timestamp ? due.timestampAt : never
    this.#due.set(gun, { ...due, timestampAt, snapshotAt: holds.snapshot && holds.timestamp ? due.snapshotAt : never })
  }
}

function dueAt({ storedAt, expires }: CurrentFile, share: number): number {
  return storedAt + (expires - storedAt) * share
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

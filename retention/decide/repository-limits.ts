import type { Limits } from '../policy/types.ts'
import { Best } from './best.ts'
import { byTurn, type Candidate, newestFirst } from './candidates.ts'
import { type Fate, fates, type Ledger } from './ledger.ts'
import { hasRunLimits } from './run-limits.ts'

/**
 * Holds what rules delete in one repository against its limits: the newest tags stay until enough remain, and of the others as many go as the
 * percentage allows, in their turn. Memory: as many as must remain, and up to `maxTags` or the percentage of the tags, whichever is less.
 */
export class RepositoryLimits {
  readonly #limits: Limits
  readonly #ledger: Ledger
  readonly #tags: number
  /** Tags that may go. */
  readonly #allowed: number
  readonly #newest: Best<Candidate>
  readonly #going: Best<Candidate>
  readonly #others: Best<Candidate>
  #candidates = 0

  /** `tags`: how many the repository has. */
  constructor(limits: Limits, tags: number, ledger: Ledger) {
    const { maxTags = Infinity, maxPercentPerRepo: percent, minRemainingPerRepo } = limits
    this.#limits = limits
    this.#ledger = ledger
    this.#tags = tags
    this.#allowed = Math.min(maxTags, percent === undefined ? Infinity : Math.floor((tags * percent) / 100))
    this.#newest = new Best(minRemainingPerRepo, newestFirst)
    this.#going = new Best(this.#allowed + minRemainingPerRepo, byTurn)
    this.#others = new Best(maxTags, byTurn)
  }

  offer(candidate: Candidate): void {
    if (!candidate.isTag) {
      if (hasRunLimits(this.#limits)) this.#keep(this.#others, candidate, fates.maxTags)
      return
    }
    this.#candidates++
    this.#newest.offer(candidate)
    if (this.#isOrdered()) this.#keep(this.#going, candidate, this.#fateBeyond())
  }

  /** When all were offered: those that go as far as this repository is concerned, where more limits wait for them. */
  settle(): readonly Candidate[] {
    const missing = Math.max(0, this.#limits.minRemainingPerRepo - (this.#tags - this.#candidates))
    const staying = new Set(
      this.#newest
        .sorted()
        .slice(0, missing)
        .map(({ ordinal }) => ordinal),
    )
    const going = this.#goingBeside(staying)
    for (const { ordinal } of going) this.#ledger.setFate(ordinal, fates.goes)
    for (const ordinal of staying) this.#ledger.setFate(ordinal, fates.minRemaining)
    return [...going, ...this.#others.sorted()]
  }

  /** As many as may go, in no order: there may be a great many, and few are too many. */
  #goingBeside(staying: ReadonlySet<number>): readonly Candidate[] {
    const isGoing = ({ ordinal }: Candidate): boolean => !staying.has(ordinal)
    let count = this.#going.values().filter(isGoing).length
    while (count > this.#allowed) {
      const last = this.#going.takeLast()
      if (last === undefined) break
      if (isGoing(last)) count--
    }
    return this.#going.values().filter(isGoing)
  }

  /** What the heap drops has the fate already. */
  #keep(heap: Best<Candidate>, candidate: Candidate, beyond: Fate): void {
    this.#ledger.setFate(candidate.ordinal, beyond)
    heap.offer(candidate)
  }

  /** False where all go but those that have to remain. */
  #isOrdered(): boolean {
    return this.#limits.maxPercentPerRepo !== undefined || hasRunLimits(this.#limits)
  }

  #fateBeyond(): Fate {
    return this.#allowed < (this.#limits.maxTags ?? Infinity) ? fates.percent : fates.maxTags
  }
}

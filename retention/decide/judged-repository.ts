import type { ItemFacts, RepositoryFacts } from '../facts.ts'
import { countsAsPulledAt } from './ages.ts'
import { type Candidate, candidateOf, type DeleteOrder } from './candidates.ts'
import { Chains, type Ruling } from './chains.ts'
import { fates, type Ledger } from './ledger.ts'
import { limited } from './limited.ts'
import type { Pages } from './pages.ts'
import { RepositoryLimits } from './repository-limits.ts'
import type { RunLimits } from './run-limits.ts'
import type { Step } from './steps.ts'
import type { Decision } from './types.ts'

export interface JudgeOptions extends Ruling {
  /** Which go first where limits do not let all go. By itself the oldest. */
  readonly order?: DeleteOrder | undefined
}

/** One repository on its way to decisions: {@link note} what rules say, {@link limit} it, {@link decide}. */
export class JudgedRepository {
  readonly #facts: RepositoryFacts
  readonly #pages: Pages
  readonly #options: JudgeOptions
  readonly #ledger: Ledger
  readonly #start: number
  #end: number
  #tags = 0
  #mayGo = 0

  constructor(facts: RepositoryFacts, pages: Pages, options: JudgeOptions, ledger: Ledger) {
    this.#facts = facts
    this.#pages = pages
    this.#options = options
    this.#ledger = ledger
    this.#start = ledger.length
    this.#end = ledger.length
  }

  /** Notes the step that decides each item, after those were found that keep-N keeps. */
  async note(): Promise<void> {
    const chains = new Chains(this.#options, this.#facts)
    for await (const page of this.#pages) {
      for (const item of page) this.#noteItem(chains, item)
    }
    this.#end = this.#ledger.length
    for (const { place, counter } of chains.counting) {
      for (const { ordinal, rank } of counter.winners()) this.#ledger.strengthen(ordinal, place, rank)
    }
  }

  /** Holds what rules delete against the limits; what is left for those of a run is offered to them. */
  async limit(run: RunLimits | undefined): Promise<void> {
    if (this.#mayGo === 0) return
    const limits = new RepositoryLimits(this.#options.policy.limits, this.#tags, this.#ledger)
    const candidateFor = this.#candidates()
    for await (const page of this.#pages) {
      for (const item of page) {
        const candidate = candidateFor(item)
        if (candidate === undefined) continue
        if (run?.isTooLarge(item) === true) this.#ledger.setFate(candidate.ordinal, fates.maxBytes)
        else limits.offer(candidate)
      }
    }
    for (const candidate of limits.settle()) run?.offer(candidate)
  }

  /** A page of decisions for each page of items. */
  async *decide(): AsyncGenerator<readonly Decision[]> {
    const chains = new Chains(this.#options, this.#facts)
    const find = this.#finder()
    for await (const page of this.#pages) yield page.map((item) => this.#decideItem(chains, item, find(item)))
    this.#pages.forget()
  }

  #noteItem(chains: Chains, item: ItemFacts): void {
    const place = chains.placeOf(item)
    const ordinal = this.#ledger.add(item, place)
    if (chains.stepAt(item, place).verdict === 'delete') this.#mayGo++
    if (item.kind !== 'tag') return
    this.#tags++
    for (const { counter } of chains.counting) counter.offer(item, ordinal)
  }

  /** Undefined for what stays. */
  #candidates(): (item: ItemFacts) => Candidate | undefined {
    const chains = new Chains(this.#options, this.#facts)
    const find = this.#finder()
    return (item) => {
      const ordinal = find(item)
      if (ordinal === undefined) return undefined
      const step = chains.stepAt(item, this.#ledger.placeAt(ordinal))
      return step.verdict === 'delete' ? candidateOf(item, ordinal, this.#timeOf(item)) : undefined
    }
  }

  #decideItem(chains: Chains, item: ItemFacts, ordinal: number | undefined): Decision {
    if (ordinal === undefined) return newcomer(item)
    const step = this.#stepNow(chains, item, this.#ledger.placeAt(ordinal))
    const decision = step.decide(item, this.#ledger.rankAt(ordinal))
    return step.verdict === 'keep'
      ? decision
      : limited(decision, this.#ledger.fateAt(ordinal), this.#options.policy.limits)
  }

  /** What was read again may be guarded by now, or pulled. */
  #stepNow(chains: Chains, item: ItemFacts, place: number): Step {
    const noted = chains.stepAt(item, place)
    if (noted.verdict === 'keep' || this.#pages.areKept) return noted
    return chains.stepAt(item, chains.placeOf(item))
  }

  /** What is kept in memory is the same each time. */
  #finder(): (item: ItemFacts) => number | undefined {
    let next = this.#start
    return this.#pages.areKept ? () => next++ : this.#ledger.finder(this.#start, this.#end)
  }

  #timeOf(item: ItemFacts): number {
    const isByPull = this.#options.order === 'leastRecentlyPulled'
    return isByPull ? countsAsPulledAt(item, this.#facts.pullsKnownSince) : item.pushedAt
  }
}

/** What came, or got another digest, while all was decided was not counted: it stays until the next time. */
function newcomer(item: ItemFacts): Decision {
  return { item, verdict: 'keep', reason: 'NO_DATA', rule: undefined, about: 'it came while others were looked at' }
}

import type { ItemFacts, ItemKind, RepositoryFacts } from '../facts.ts'
import type { Policy } from '../policy/types.ts'
import { guardsOf } from './guards.ts'
import { cacheChain, untaggedChain, volumeChain } from './other-chains.ts'
import { speakingSets } from './rule-sets.ts'
import { guardStep, type Step } from './steps.ts'
import { type CountingStep, tagChain } from './tag-chain.ts'

/** What a policy is held against items with. */
export interface Ruling {
  readonly policy: Policy
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Only rule sets of these IDs may delete, and the default where one of them speaks. Without it all. */
  readonly only?: readonly string[] | undefined
}

/** All that decides of the items of one repository. */
export class Chains {
  readonly #steps: Readonly<Record<ItemKind, readonly Step[]>>
  /** Of tags: what has to see all of them. */
  readonly counting: readonly CountingStep[]

  constructor({ policy, now, only }: Ruling, { repository, pullsKnownSince }: RepositoryFacts) {
    const clock = { now, pullsKnownSince }
    const sets = speakingSets(policy, repository, only)
    const guard = guardStep(guardsOf(policy, repository, now))
    const tags = tagChain(guard, sets, clock, policy.default)
    this.counting = tags.counting
    this.#steps = {
      tag: tags.steps,
      untagged: untaggedChain(guard, sets, clock),
      volume: volumeChain(guard, policy, clock, only === undefined),
      cache: cacheChain(guard, policy, clock, only === undefined),
    }
  }

  /** The place of the first step that holds for an item alone; a smaller one is a stronger one. */
  placeOf(item: ItemFacts): number {
    return this.#steps[item.kind].findIndex((step) => step.holds(item))
  }

  stepAt(item: ItemFacts, place: number): Step {
    const step = this.#steps[item.kind][place]
    if (step === undefined) throw new RangeError(`there is no step ${place} for a ${item.kind}`)
    return step
  }
}

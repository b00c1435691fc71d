import type { Inventory } from '../ports.ts'
import { JudgedRepository, type JudgeOptions } from './judged-repository.ts'
import { mustHaveSets } from './known-sets.ts'
import { Ledger } from './ledger.ts'
import { Pages } from './pages.ts'
import { hasRunLimits, RunLimits } from './run-limits.ts'
import { Tally } from './tally.ts'
import type { Counts, Decision } from './types.ts'
import { wantsOf } from './wants.ts'

export interface DecideOptions extends JudgeOptions {
  /** How many items are kept in memory instead of being read again; by itself 100 000, which is about 50 MB. */
  readonly remembered?: number | undefined
}

/** Decisions as they are made, in the order of the inventory; to be read once. */
export interface Decisions extends AsyncIterable<readonly Decision[]> {
  /** Of those that were read so far. */
  counts(): Counts
}

/**
 * Holds a policy against all items of an inventory. Each item has one decision, and what decides it is the first of: hold, immutable, in
 * use, signed target, `keep` of any rule set, what would be kept if more were known, `delete` of any set, what it would delete if more were
 * known, the default. Limits then keep some of those that would go.
 *
 * Items are read up to three times, and a repository whose items fit in `remembered` once. What changes in between stays.
 * With `maxTags` or `maxBytes` all repositories are looked at before the first decision.
 *
 * Memory does not grow with what an item has, but: 13 bytes for each item (of one repository at a time without `maxTags` and `maxBytes`); up to
 * N tags in each group for keep-N; as many items as `maxTags` says, without it as many of a repository as `maxPercentPerRepo` lets go, and
 * with `maxBytes` alone all that would go; the digests that go.
 *
 * Errors: USAGE for rule sets that there are not, those of the inventory.
 */
export function decide(inventory: Pick<Inventory, 'repositories' | 'items'>, options: DecideOptions): Decisions {
  const tally = new Tally()
  return {
    counts: () => tally.counts(),
    async *[Symbol.asyncIterator]() {
      const { limits } = options.policy
      mustHaveSets(options.policy, options.only)
      const pages = hasRunLimits(limits) ? together(inventory, options) : oneByOne(inventory, options)
      for await (const page of pages) {
        for (const decision of page) tally.add(decision)
        yield page
      }
    },
  }
}

async function* oneByOne(
  inventory: Pick<Inventory, 'repositories' | 'items'>,
  options: DecideOptions,
): AsyncGenerator<readonly Decision[]> {
  const ledger = new Ledger()
  for await (const repository of noted(inventory, options, ledger)) {
    await repository.limit(undefined)
    yield* repository.decide()
    ledger.clear()
  }
}

async function* together(
  inventory: Pick<Inventory, 'repositories' | 'items'>,
  options: DecideOptions,
): AsyncGenerator<readonly Decision[]> {
  const ledger = new Ledger()
  const limits = new RunLimits(options.policy.limits, ledger)
  const repositories: JudgedRepository[] = []
  for await (const repository of noted(inventory, options, ledger)) {
    await repository.limit(limits)
    repositories.push(repository)
  }
  limits.settle()
  for (const repository of repositories) yield* repository.decide()
}

async function* noted(
  inventory: Pick<Inventory, 'repositories' | 'items'>,
  options: DecideOptions,
  ledger: Ledger,
): AsyncGenerator<JudgedRepository> {
  const space = { left: options.remembered ?? 100_000 }
  for await (const facts of inventory.repositories()) {
    const wants = wantsOf(options.policy, facts.repository)
    const pages = new Pages(() => inventory.items(facts.repository, wants), space)
    const repository = new JudgedRepository(facts, pages, options, ledger)
    await repository.note()
    yield repository
  }
}

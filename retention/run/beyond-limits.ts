import { decide } from '../decide/decide.ts'
import type { Decision } from '../decide/types.ts'
import type { PolicyProblem } from '../policy/problem.ts'
import type { Limits, Policy } from '../policy/types.ts'
import type { Inventory } from '../ports.ts'
import { uncapped } from './uncapped.ts'

interface RepositoryCount {
  readonly repository: string
  readonly tags: number
  readonly deleted: number
}

/** Where a policy would, by its rules alone, delete more than its limits allow at a time. Errors: those of the inventory. */
export async function beyondLimits(
  policy: Policy,
  inventory: Inventory,
  now: number,
): Promise<readonly PolicyProblem[]> {
  const { limits } = policy
  const decisions = decide(inventory, { policy: uncapped(policy), now })
  const worst = new WorstRepository(limits)
  for await (const page of decisions) {
    for (const decision of page) worst.add(decision)
  }
  const { deleted, bytes } = decisions.counts()
  return [...inAll(limits, { deleted, bytes }), ...inOne(limits, worst.found())]
}

function inAll({ maxTags, maxBytes }: Limits, { deleted, bytes }: { deleted: number; bytes: number }): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  if (maxTags !== undefined && deleted > maxTags) {
    problems.push(
      problem('maxTags', `its rules would delete ${deleted} items of what is there now, more than ${maxTags}`),
    )
  }
  if (maxBytes !== undefined && bytes > maxBytes) {
    problems.push(
      problem('maxBytes', `its rules would delete ${bytes} bytes of what is there now, more than ${maxBytes}`),
    )
  }
  return problems
}

function inOne({ maxPercentPerRepo }: Limits, worst: RepositoryCount | undefined): PolicyProblem[] {
  if (worst === undefined) return []
  const { repository, deleted, tags } = worst
  const what = `its rules would delete ${deleted} of the ${tags} tags of ${repository}, more than ${maxPercentPerRepo}%`
  return [problem('maxPercentPerRepo', what)]
}

function problem(limit: keyof Limits, what: string): PolicyProblem {
  const path = `limits.${limit}`
  return { path, message: `${what}; if that is meant, write a higher limit or ${limit}: none` }
}

/** Finds the repository of which the largest part goes beyond the limit. */
class WorstRepository {
  readonly #percent: number | undefined
  #now: { repository: string; tags: number; deleted: number } = { repository: '', tags: 0, deleted: 0 }
  #worst: RepositoryCount | undefined

  constructor({ maxPercentPerRepo }: Limits) {
    this.#percent = maxPercentPerRepo
  }

  /** All decisions of a repository come together. */
  add({ item, verdict }: Decision): void {
    if (item.repository !== this.#now.repository) this.#end(item.repository)
    if (item.kind !== 'tag') return
    this.#now.tags++
    if (verdict === 'delete') this.#now.deleted++
  }

  found(): RepositoryCount | undefined {
    this.#end('')
    return this.#worst
  }

  #end(next: string): void {
    const { tags, deleted } = this.#now
    const isBeyond = this.#percent !== undefined && deleted > Math.floor((tags * this.#percent) / 100)
    const isWorse = this.#worst === undefined || deleted * this.#worst.tags > this.#worst.deleted * tags
    if (isBeyond && isWorse) this.#worst = this.#now
    this.#now = { repository: next, tags: 0, deleted: 0 }
  }
}

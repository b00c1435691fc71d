import type { Limits } from '../policy/types.ts'
import type { Plan, Run } from './types.ts'

export interface PassParts {
  readonly plan: () => Promise<Plan>
  readonly apply: (plan: Plan) => Promise<Run>
  /** Of a plan that is of no use. */
  readonly drop: (plan: Plan) => Promise<void>
}

/** More than any chain of images has. */
const mostPasses = 128

/** False for limits that are for what goes at a time: another pass would go beyond them. */
export function mayRepeat({ maxTags, maxBytes, maxPercentPerRepo }: Limits): boolean {
  return maxTags === undefined && maxBytes === undefined && maxPercentPerRepo === undefined
}

/**
 * Plans and applies anew after a run as long as something goes: what went may have been all that held others. A pass that removed nothing is
 * the last, so that what cannot be removed is not tried for ever. The numbers of the result are of all passes.
 */
export async function repeated(first: Run, parts: PassParts): Promise<Run> {
  let [all, last] = [first, first]
  for (let pass = 1; pass < mostPasses && last.state === 'done' && last.removed > 0; pass++) {
    const plan = await parts.plan()
    if (plan.totals.deleted === 0) {
      await parts.drop(plan)
      return all
    }
    last = await parts.apply(plan)
    all = together(all, last)
  }
  return all
}

/** What failed in one pass is looked at again in the next: it counts once. */
function together(before: Run, last: Run): Run {
  return {
    ...last,
    startedAt: before.startedAt,
    considered: before.considered,
    milliseconds: before.milliseconds + last.milliseconds,
    removed: before.removed + last.removed,
    drifted: before.drifted + last.drifted,
    gone: before.gone + last.gone,
    freed: before.freed + last.freed,
  }
}

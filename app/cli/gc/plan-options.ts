import type { PlanOptions } from '../../../retention/run/types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { type Command, collect } from '../arguments.ts'

/** Flags of commands that make a plan. */
export interface PlanFlags {
  readonly only?: readonly string[]
  readonly order?: string
}

/** Declares {@link PlanFlags}. */
export function declarePlanFlags(parser: Command): Command {
  return parser
    .option('--only <id>', 'let only the rule set of this ID delete (repeat)', collect)
    .option('--order <order>', 'what goes first under limits: oldest or leastRecentlyPulled (default: oldest)')
}

/** Errors: USAGE. */
export function planOptions({ only, order }: PlanFlags): PlanOptions {
  if (order !== undefined && order !== 'oldest' && order !== 'leastRecentlyPulled') {
    throw new IbuildError(
      'USAGE',
      `--order: ${JSON.stringify(order.slice(0, 80))} is none of oldest, leastRecentlyPulled`,
    )
  }
  return { ...(only !== undefined && { only }), ...(order !== undefined && { order }) }
}

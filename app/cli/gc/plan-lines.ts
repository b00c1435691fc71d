import type { Plan, RetentionStatus } from '../../../retention/run/types.ts'
import { inTime } from '../periods.ts'
import { totalsLines } from './totals-lines.ts'

/** A plan that is there now, for people. */
export function planLines(
  plan: Plan,
  { mode, now }: { readonly mode: RetentionStatus['mode']; readonly now: number },
): string[] {
  const { id, policyVersion, state, totals } = plan
  return [
    ...totalsLines(totals),
    `plan ${id}, by version ${policyVersion} of the policy: ${stateText(plan, now)}\n`,
    ...(totals.deleted === 0 || state !== 'waiting' ? [] : [nextText(id, mode)]),
  ]
}

/** What became of a plan, or until when it waits. */
export function stateText({ state, expiresAt }: Pick<Plan, 'state' | 'expiresAt'>, now: number): string {
  return state === 'waiting' ? `goes off ${inTime(expiresAt, now)}` : state
}

function nextText(id: string, mode: RetentionStatus['mode']): string {
  return mode === 'dryRun'
    ? 'mode is dryRun: it cannot be applied. To remove, write mode: propose or enforce into the policy\n'
    : `to remove that: ibuild gc apply ${id}\n`
}

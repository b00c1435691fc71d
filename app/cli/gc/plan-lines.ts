import type { Plan, RetentionStatus } from '../../../retention/run/types.ts'
import { inTime } from '../periods.ts'
import { totalsLines } from './totals-lines.ts'

/** A plan that is there now, for people. */
export function planLines(
  plan: Plan,
  { mode, now }: { readonly mode: RetentionStatus['mode']; readonly now: number },
): string[] {
  const { id, policyVersion, expiresAt, state, totals } = plan
  return [
    ...totalsLines(totals),
    `plan ${id}, by version ${policyVersion} of the policy: ${state === 'waiting' ? `goes off ${inTime(expiresAt, now)}` : state}\n`,
    ...(totals.deleted === 0 || state !== 'waiting' ? [] : [nextText(id, mode)]),
  ]
}

function nextText(id: string, mode: RetentionStatus['mode']): string {
  return mode === 'dryRun'
    ? 'mode is dryRun: it cannot be applied. To remove, write mode: propose or enforce into the policy\n'
    : `to remove that: ibuild gc apply ${id}\n`
}

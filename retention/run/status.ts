import type { JobBook } from '../state/jobs.ts'
import { currentPolicy } from '../state/policies.ts'
import { listRuns } from '../state/runs.ts'
import { nextPurge, trashTotal } from '../state/trash.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy-problems.ts'
import { toldRun } from './told.ts'
import type { RetentionStatus } from './types.ts'

/** See {@link RetentionService.status}. */
export async function statusOf(
  { rows, inventory, readPolicy }: Parts,
  { isRunning, jobs }: { readonly isRunning: boolean; readonly jobs: JobBook },
): Promise<RetentionStatus> {
  const { text, ...policy } = await currentPolicy(rows)
  const [[lastRun], total, nextPurgeAt, schedule, mirrors] = await Promise.all([
    listRuns(rows, 1),
    trashTotal(rows),
    nextPurge(rows),
    jobs.schedule(),
    jobs.mirrors(),
  ])
  return {
    source: inventory.source,
    canUndo: inventory.canUndo,
    policy,
    mode: policyOf(text, readPolicy).mode,
    nextRunAt: schedule.nextAt,
    isRunning,
    lastRun: lastRun === undefined ? undefined : toldRun(lastRun),
    trash: { ...total, nextPurgeAt },
    mirror: mirrors.map(({ image, lastAt, digest, error }) => ({ image, lastAt, digest, error })),
  }
}

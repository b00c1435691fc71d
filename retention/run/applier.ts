import { IbuildError } from '../../shared/base/errors.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { Change } from '../../shared/rows/row-store.ts'
import type { Policy } from '../policy/types.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { type ItemRow, planChange, planItems } from '../state/plans.ts'
import { currentPolicy } from '../state/policies.ts'
import { findRun, runChange } from '../state/runs.ts'
import type { StoredRun } from '../state/types.ts'
import { applyChunk } from './apply-chunk.ts'
import type { Parts } from './parts.ts'
import { fingerprintOf } from './planner.ts'
import { policyOf } from './policy-problems.ts'
import { stillGoing } from './still-going.ts'
import type { Plan, PolicyVersion } from './types.ts'

/** Items that go between two looks at whether to go on. */
const chunkSize = 64

export interface ApplyOptions {
  readonly by: string
  readonly cause: string
  readonly signal: AbortSignal | undefined
}

/**
 * Applies a plan, or goes on with it. Errors: RETENTION_PLAN_EXPIRED, RETENTION_PLAN_CHANGED, RETENTION_DRY_RUN; those of the inventory
 * and the rows.
 */
export async function applyPlan(parts: Parts, plan: Plan, options: ApplyOptions): Promise<StoredRun> {
  const { rows } = parts
  const before = plan.runId === undefined ? undefined : await findRun(rows, plan.runId)
  if (plan.state === 'applied' && before !== undefined) return before
  const version = await currentPolicy(rows)
  const policy = policyOf(version.text, parts.readPolicy)
  await mayApply(parts, plan, { version, policy })
  const stillGoes = await stillGoing(parts, plan, policy)
  let run = await begin(parts, plan, { ...options, before, mode: policy.mode })
  const by = `policy ${version.version}`
  for await (const chunk of chunks(parts, plan, run.after)) {
    const reason = await reasonToStop(parts, version, options.signal)
    if (reason !== undefined) return end(parts, plan, { run: { ...run, state: 'stopped' }, reason })
    run = await parts.turn(async () => applyChunk(parts, chunk, { run, policy, stillGoes, by }))
    if (run.state === 'failed') return end(parts, plan, { run, reason: 'nothing of what was tried could be removed' })
  }
  return end(parts, plan, { run: { ...run, state: 'done' } })
}

async function mayApply(
  parts: Parts,
  plan: Plan,
  { version, policy }: { readonly version: PolicyVersion; readonly policy: Policy },
): Promise<void> {
  const { id } = plan
  if (parts.now() >= plan.expiresAt) {
    throw new IbuildError('RETENTION_PLAN_EXPIRED', `plan ${id} expired at ${new Date(plan.expiresAt).toISOString()}`)
  }
  if (plan.policyVersion !== version.version || plan.state === 'dropped') {
    const why = `plan ${id} was made by version ${plan.policyVersion} of the policy; ${version.version} is in force`
    throw new IbuildError('RETENTION_PLAN_CHANGED', why)
  }
  if (policy.mode === 'dryRun') {
    throw new IbuildError('RETENTION_DRY_RUN', `plan ${id} is not applied: the mode of the policy is dryRun`)
  }
  const { hash } = version
  if ((await fingerprintOf(parts, id, { hash, revision: plan.revision })) !== plan.fingerprint) {
    throw new IbuildError(
      'RETENTION_PLAN_CHANGED',
      `plan ${id} is not as it was made: items of it are missing or changed`,
    )
  }
}

async function begin(
  parts: Parts,
  plan: Plan,
  { before, by, cause, mode }: ApplyOptions & { readonly before: StoredRun | undefined; readonly mode: Policy['mode'] },
): Promise<StoredRun> {
  const at = parts.now()
  const run: StoredRun =
    before === undefined
      ? { ...newRun({ id: parts.newID(), planId: plan.id, at, by, cause, mode }), ...looked(plan) }
      : { ...before, state: 'running', failures: before.failures.filter(({ item }) => item !== undefined) }
  const about = { plan: plan.id, run: run.id, goesOn: before !== undefined }
  const changes = [runChange(run), planChange({ ...plan, state: 'applying', runId: run.id })]
  await parts.rows.commit(merged([...changes, auditChange({ at, by, action: 'apply', about })]))
  return run
}

async function end(
  parts: Parts,
  plan: Plan,
  { run, reason }: { readonly run: StoredRun; readonly reason?: string },
): Promise<StoredRun> {
  const planState = run.state === 'done' ? 'applied' : 'applying'
  const change = planChange({ ...plan, state: planState, runId: run.id })
  const { ended, about } = await endRun(parts, run, { reason, change })
  parts.log.info('a plan of retention was applied', { plan: plan.id, ...about })
  return ended
}

/** Notes that a run has ended, and how; with what else is to change. */
export async function endRun(
  parts: Parts,
  run: StoredRun,
  { reason, change = {} }: { readonly reason?: string | undefined; readonly change?: Change },
): Promise<{ readonly ended: StoredRun; readonly about: JsonObject }> {
  const at = parts.now()
  const failure = reason === undefined ? [] : [{ item: undefined, message: reason }]
  const ended = { ...run, milliseconds: Math.max(0, at - run.startedAt), failures: [...failure, ...run.failures] }
  const { id, state, removed, drifted, gone, failed, freed, by } = ended
  const about = { run: id, state, removed, drifted, gone, failed, freed }
  await parts.rows.commit(merged([runChange(ended), change, auditChange({ at, by, action: 'end', about })]))
  return { ended, about }
}

/** Why not to go on; undefined when nothing speaks against it. */
async function reasonToStop(
  { rows }: Parts,
  version: PolicyVersion,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (signal?.aborted === true) return 'it was stopped'
  const now = await currentPolicy(rows)
  return now.version === version.version ? undefined : `version ${now.version} of the policy was put in force`
}

async function* chunks({ rows }: Parts, plan: Plan, after: string | undefined): AsyncGenerator<readonly ItemRow[]> {
  for await (const page of planItems(rows, plan.id, after)) {
    for (let from = 0; from < page.length; from += chunkSize) yield page.slice(from, from + chunkSize)
  }
}

/** What a run tells of its plan, which is forgotten before it. */
export function looked({ totals: { considered, kept } }: Plan): Pick<StoredRun, 'considered' | 'kept'> {
  return { considered, kept }
}

/** A run that has done nothing yet. */
export function newRun({
  at,
  ...run
}: Pick<StoredRun, 'id' | 'planId' | 'by' | 'cause' | 'mode'> & { readonly at: number }): StoredRun {
  const counts = {
    considered: 0,
    kept: 0,
    removed: 0,
    drifted: 0,
    gone: 0,
    failed: 0,
    restored: 0,
    purged: 0,
    freed: 0,
  }
  return { ...run, startedAt: at, milliseconds: 0, state: 'running', ...counts, failures: [], after: undefined }
}

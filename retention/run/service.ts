import { IbuildError } from '../../shared/base/errors.ts'
import type { ItemName } from '../facts.ts'
import { auditLines } from '../state/audit.ts'
import { clearFailures } from '../state/failures.ts'
import type { JobBook } from '../state/jobs.ts'
import { findPlan, listPlans, planChange, planItems } from '../state/plans.ts'
import { currentPolicy } from '../state/policies.ts'
import { clearRuns, findRun, listRuns, runChange } from '../state/runs.ts'
import { listEntries } from '../state/trash.ts'
import { type ApplyOptions, applyPlan, looked, newRun } from './applier.ts'
import type { Busy } from './busy.ts'
import { explain } from './explain.ts'
import { textOf } from './line-text.ts'
import type { Parts } from './parts.ts'
import { mayRepeat, repeated } from './passes.ts'
import { makePlan } from './planner.ts'
import { createPolicyBook } from './policy-book.ts'
import { policyOf } from './policy-problems.ts'
import type { DiskPressure } from './pressure.ts'
import { preview } from './preview.ts'
import { purge } from './purge.ts'
import { removeNamed } from './remove-named.ts'
import { settle } from './settle.ts'
import { statusOf } from './status.ts'
import { toldItem, toldPlan, toldRun } from './told.ts'
import type {
  AuditLine,
  Explanation,
  Plan,
  PlannedItem,
  PlanOptions,
  PolicyBook,
  PreviewLine,
  PreviewOptions,
  PurgeReport,
  RetentionService,
  RetentionStatus,
  Run,
  TrashEntry,
  UndoReport,
  Within,
} from './types.ts'
import { undo } from './undo.ts'

export interface ServiceParts extends Parts {
  readonly busy: Busy
  readonly jobs: JobBook
  readonly pressure: DiskPressure
}

/** Retention of one source, on rows that are settled. Closing it closes them, when what is being done has stopped. */
export class Retention implements RetentionService {
  readonly #parts: ServiceParts
  readonly #closing = new AbortController()
  readonly #working = new Set<Promise<unknown>>()
  readonly policies: PolicyBook

  constructor(parts: ServiceParts) {
    this.#parts = parts
    this.policies = createPolicyBook(parts)
  }

  get source(): RetentionService['source'] {
    return this.#parts.inventory.source
  }

  status(): Promise<RetentionStatus> {
    const { busy, jobs } = this.#parts
    return statusOf(this.#parts, { isRunning: busy.isBusy, jobs })
  }

  preview(options: PreviewOptions): AsyncIterable<readonly PreviewLine[]> {
    return preview(this.#parts, options)
  }

  previewText(options: PreviewOptions): AsyncIterable<string | Uint8Array> {
    return textOf(this.preview(options))
  }

  plan(by: string, options: PlanOptions = {}): Promise<Plan> {
    return this.#alone('a plan is being made', async () => this.#plan(by, options))
  }

  async plans(): Promise<readonly Plan[]> {
    const { rows, now } = this.#parts
    const [plans, { version }] = await Promise.all([listPlans(rows), currentPolicy(rows)])
    return plans.map((plan) => toldPlan(plan, { now: now(), version }))
  }

  async *planned(id: string): AsyncGenerator<PlannedItem> {
    await this.#planOf(id)
    for await (const page of planItems(this.#parts.rows, id)) yield* page.map(({ item }) => toldItem(item))
  }

  apply(id: string, by: string, signal?: AbortSignal): Promise<Run> {
    return this.#alone(`plan ${id} is being applied`, async () => {
      await settle(this.#parts)
      return this.#settled(async () => this.#apply(await this.#planOf(id), { by, cause: 'approval', signal }))
    })
  }

  run(by: string, options: PlanOptions = {}): Promise<Run> {
    return this.#alone('a run is going on', async () => {
      try {
        return await this.#settled(async () => this.#run(by, options))
      } catch (error) {
        if (options.signal?.aborted !== true) await this.#noteFailure(by, options, error)
        throw error
      }
    })
  }

  /** See {@link removeNamed}. RETENTION_BUSY. */
  remove(names: readonly ItemName[], by: string): Promise<Run> {
    return this.#alone('items are being removed', async () => {
      await settle(this.#parts)
      return this.#settled(async () => toldRun(await removeNamed(this.#parts, names, by)))
    })
  }

  async runs(limit: number): Promise<readonly Run[]> {
    return (await listRuns(this.#parts.rows, limit)).map(toldRun)
  }

  trash(options: Parameters<RetentionService['trash']>[0] = {}): Promise<readonly TrashEntry[]> {
    return listEntries(this.#parts.rows, options)
  }

  async undo(id: string, by: string, within?: Within): Promise<UndoReport> {
    const { rows, busy } = this.#parts
    const run = await findRun(rows, id.slice(0, 12))
    if (run?.state === 'running' && busy.isBusy)
      throw new IbuildError('RETENTION_BUSY', `run ${run.id} is going on: wait for its end, or stop it`)
    return this.#tracked(undo(this.#parts, id, { by, within }))
  }

  purge(what: Parameters<RetentionService['purge']>[0], by: string, within?: Within): Promise<PurgeReport> {
    return this.#tracked(this.#purge(what, { by, within }))
  }

  explain(what: string, within?: Within): Promise<Explanation> {
    return explain(this.#parts, what, within)
  }

  audit({ after = 0 }: Parameters<RetentionService['audit']>[0] = {}): AsyncIterable<AuditLine> {
    return auditLines(this.#parts.rows, after)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#working)
    await this.#parts.rows.close()
  }

  async #plan(by: string, options: PlanOptions): Promise<Plan> {
    const { rows, readPolicy, now } = this.#parts
    await clearFailures(rows, now())
    await clearRuns(rows)
    const version = await currentPolicy(rows)
    return makePlan(this.#parts, { ...options, by, version, policy: policyOf(version.text, readPolicy) })
  }

  async #run(by: string, options: PlanOptions): Promise<Run> {
    await settle(this.#parts)
    const { cause = 'request' } = options
    const { rows, newID, now, inventory, readPolicy } = this.#parts
    const { mode, limits } = policyOf((await currentPolicy(rows)).text, readPolicy)
    const plan = await this.#plan(by, options)
    if (mode === 'enforce') {
      const apply = async (one: Plan): Promise<Run> => this.#apply(one, { by, cause, signal: options.signal })
      const run = await apply(plan)
      if (inventory.isInPasses !== true || !mayRepeat(limits)) return run
      const drop = async (one: Plan): Promise<void> => rows.commit(planChange({ ...one, state: 'dropped' }))
      return repeated(run, { plan: async () => this.#plan(by, options), apply, drop })
    }
    const planned = { ...newRun({ id: newID(), planId: plan.id, at: plan.at, by, cause, mode }), ...looked(plan) }
    const run = { ...planned, milliseconds: Math.max(0, now() - plan.at), state: 'planned' as const }
    await rows.commit(runChange(run))
    return toldRun(run)
  }

  async #apply(plan: Plan, { signal, ...options }: ApplyOptions): Promise<Run> {
    const either = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
    return toldRun(await applyPlan(this.#parts, plan, { ...options, signal: either }))
  }

  /** What failed in the midst is settled as far as possible: else the next one does. */
  async #settled<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      await settle(this.#parts).catch(() => undefined)
      throw error
    }
  }

  /** Each run is a row, also one that came to nothing. */
  async #noteFailure(by: string, { cause = 'request' }: PlanOptions, error: unknown): Promise<void> {
    const { rows, newID, now, log } = this.#parts
    log.error('a run of retention failed', { by, cause, error })
    const message = error instanceof Error ? error.message : String(error)
    const run = newRun({ id: newID(), planId: '', at: now(), by, cause, mode: 'dryRun' })
    const failed = { ...run, state: 'failed' as const, failures: [{ item: undefined, message }] }
    await rows.commit(runChange(failed)).catch(() => undefined) // then the rows are what failed
  }

  async #purge(
    what: Parameters<RetentionService['purge']>[0],
    options: Parameters<typeof purge>[2],
  ): Promise<PurgeReport> {
    const purged = await purge(this.#parts, what, options)
    if (what !== 'due') return purged
    const { rows, readPolicy, pressure } = this.#parts
    const policy = policyOf((await currentPolicy(rows)).text, readPolicy)
    const more = await pressure.relieve(policy, options.by)
    return { purged: purged.purged + more.purged, bytes: purged.bytes + more.bytes }
  }

  async #planOf(id: string): Promise<Plan> {
    const plan = await findPlan(this.#parts.rows, id)
    if (plan === undefined)
      throw new IbuildError('OBJECT_NOT_FOUND', `there is no plan ${JSON.stringify(id.slice(0, 100))}`, {
        hint: 'ibuild gc plans lists those that there are.',
      })
    return plan
  }

  #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#tracked(this.#parts.busy.during(what, work))
  }

  /** Closing waits for it. */
  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work)
    try {
      return await work
    } finally {
      this.#working.delete(work)
    }
  }
}

import type { Plan, PurgeReport, RetentionService, Run } from './types.ts'

/** What was done since the process began. */
export interface Tally {
  /** By how they ended. `refused`: the error was told to who asked. */
  readonly runs: Readonly<Record<Run['state'] | 'refused', number>>
  /** Items. */
  readonly removed: number
  readonly drifted: number
  readonly failed: number
  readonly restored: number
  readonly purged: number
  /** Bytes, as far as known: at once, and by purges. */
  readonly freed: number
  /** Of the last plan. */
  readonly lastPlan: Pick<Plan['totals'], 'considered' | 'kept' | 'deleted'> | undefined
}

type Counts = { -readonly [Name in keyof Tally]: Tally[Name] }

interface Tallied {
  readonly service: RetentionService
  readonly tally: Tally
  /** Counts a run that was begun besides. */
  readonly counted: (run: Promise<Run>) => Promise<Run>
}

/** A service that counts what it does. */
export function tallied(service: RetentionService): Tallied {
  const runs = { planned: 0, running: 0, done: 0, failed: 0, stopped: 0, refused: 0 }
  const nothing = { removed: 0, drifted: 0, failed: 0, restored: 0, purged: 0, freed: 0 }
  const tally: Counts = { runs, ...nothing, lastPlan: undefined }
  const planned = <T extends Plan | undefined>(plan: T): T => {
    if (plan !== undefined) tally.lastPlan = plan.totals
    return plan
  }
  const ran = async (work: Promise<Run>, before?: Run): Promise<Run> => {
    const run = await work.catch((error: unknown) => {
      runs.refused++
      throw error
    })
    runs[run.state]++
    addRun(tally, run, before)
    return run
  }
  return {
    tally,
    counted: async (run) => ran(run),
    service: {
      ...delegated(service),
      plan: async (...args) => planned(await service.plan(...args)),
      async run(...args) {
        const run = await ran(service.run(...args))
        planned((await service.plans()).find(({ id }) => id === run.planId))
        return run
      },
      async apply(...args) {
        const runID = (await service.plans()).find(({ id }) => id === args[0])?.runId
        const before = runID === undefined ? undefined : (await service.runs(1000)).find(({ id }) => id === runID)
        return ran(service.apply(...args), before)
      },
      async undo(...args) {
        const report = await service.undo(...args)
        tally.restored += report.restored.length
        return report
      },
      purge: async (...args) => addPurge(tally, await service.purge(...args)),
    },
  }
}

/** Of a run that goes on with one that was interrupted, or is told again, what it did since. */
function addRun(tally: Counts, run: Run, before: Run | undefined): void {
  for (const name of ['removed', 'drifted', 'failed', 'freed'] as const)
    tally[name] += Math.max(0, run[name] - (before?.[name] ?? 0))
}

function addPurge(tally: Counts, report: PurgeReport): PurgeReport {
  tally.purged += report.purged
  tally.freed += report.bytes
  return report
}

/** Members of a class are not spread. */
function delegated(service: RetentionService): RetentionService {
  return {
    source: service.source,
    policies: service.policies,
    status: (...args) => service.status(...args),
    preview: (...args) => service.preview(...args),
    previewText: (...args) => service.previewText(...args),
    plan: (...args) => service.plan(...args),
    plans: (...args) => service.plans(...args),
    planned: (...args) => service.planned(...args),
    apply: (...args) => service.apply(...args),
    run: (...args) => service.run(...args),
    runs: (...args) => service.runs(...args),
    trash: (...args) => service.trash(...args),
    undo: (...args) => service.undo(...args),
    purge: (...args) => service.purge(...args),
    explain: (...args) => service.explain(...args),
    audit: (...args) => service.audit(...args),
    close: (...args) => service.close(...args),
  }
}

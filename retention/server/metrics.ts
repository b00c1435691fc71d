import type { Source } from '../facts.ts'
import type { Tally } from '../run/tallied.ts'
import type { RetentionStatus } from '../run/types.ts'

/** One source as metrics tell of it. */
export interface Measured {
  readonly source: Source
  readonly tally: Tally
  readonly status: () => Promise<RetentionStatus>
}

interface Told extends Pick<Measured, 'tally'> {
  readonly label: string
  readonly status: RetentionStatus
}

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** Undefined says nothing. */
  readonly value: (told: Told) => number | undefined
}

const prefix = 'ibuild_retention_'

const metrics: readonly Metric[] = [
  counter('removed_total', 'Items that runs removed.', ({ tally }) => tally.removed),
  counter('drifted_total', 'Items that were not as plans saw them, and stayed.', ({ tally }) => tally.drifted),
  counter('failed_items_total', 'Items that could not be removed.', ({ tally }) => tally.failed),
  counter('restored_total', 'Items that came back from the trash.', ({ tally }) => tally.restored),
  counter('purged_total', 'Items that the trash gave up.', ({ tally }) => tally.purged),
  counter('freed_bytes_total', 'Bytes that went, as far as known.', ({ tally }) => tally.freed),
  gauge('plan_kept', 'Items that the last plan kept.', ({ tally }) => tally.lastPlan?.kept),
  gauge('plan_deleted', 'Items that the last plan would remove.', ({ tally }) => tally.lastPlan?.deleted),
  gauge('next_run_timestamp_seconds', 'When the next run is due.', ({ status }) => seconds(status.nextRunAt)),
  gauge('last_run_timestamp_seconds', 'When the last run began.', ({ status }) => seconds(status.lastRun?.startedAt)),
  gauge('running', '1 while a plan is made or applied.', ({ status }) => (status.isRunning ? 1 : 0)),
  gauge('policy_version', 'Version of the policy that is in force.', ({ status }) => status.policy.version),
  gauge('trash_items', 'Items in the trash.', ({ status }) => status.trash.entries),
  gauge('trash_bytes', 'Bytes of what is in the trash.', ({ status }) => status.trash.bytes),
  gauge('mirrors', 'Images that are kept fresh.', ({ status }) => status.mirror.length),
  gauge('mirrors_failing', 'Images that could not be copied the last time.', ({ status }) => failing(status)),
]

/** Text of Prometheus about sources that are looked after; what cannot be asked now is left out. */
export async function retentionMetrics(sources: readonly Measured[]): Promise<string> {
  const asked = await Promise.allSettled(sources.map(async (one) => ({ ...one, status: await one.status() })))
  const told = asked.flatMap((one) =>
    one.status === 'fulfilled' ? [{ ...one.value, label: `source="${one.value.source}"` }] : [],
  )
  if (told.length === 0) return ''
  return `${[...runLines(told), ...metrics.flatMap((metric) => linesOf(metric, told))].join('\n')}\n`
}

function linesOf({ name, type, help, value }: Metric, told: readonly Told[]): readonly string[] {
  const values = told.flatMap((one) => {
    const found = value(one)
    return found === undefined ? [] : [`${prefix}${name}{${one.label}} ${found}`]
  })
  return values.length === 0 ? [] : [...headOf(name, type, help), ...values, '']
}

function runLines(told: readonly Told[]): readonly string[] {
  const lines = told.flatMap(({ label, tally: { runs } }) =>
    Object.entries(runs).flatMap(([state, count]) =>
      state === 'running' ? [] : [`${prefix}runs_total{${label},result="${state}"} ${count}`],
    ),
  )
  return [...headOf('runs_total', 'counter', 'Runs, by how they ended; planned: as the mode says.'), ...lines, '']
}

function headOf(name: string, type: string, help: string): readonly string[] {
  return [`# HELP ${prefix}${name} ${help}`, `# TYPE ${prefix}${name} ${type}`]
}

function counter(name: string, help: string, value: Metric['value']): Metric {
  return { name, type: 'counter', help, value }
}

function gauge(name: string, help: string, value: Metric['value']): Metric {
  return { name, type: 'gauge', help, value }
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000
}

function failing({ mirror }: RetentionStatus): number {
  return mirror.filter(({ error }) => error !== undefined).length
}

import type { Log } from '../../shared/log/log.ts'
import type { Clock } from '../clock.ts'
import type { Policy } from '../policy/types.ts'
import type { PlanOptions, Run } from '../run/types.ts'
import type { JobBook } from '../state/jobs.ts'

/** What a schedule runs, and what it goes by. */
export interface ScheduleOptions {
  /** Another text for each schedule of all machines: it spreads the runs of a schedule with jitter. */
  readonly id: string
  readonly clock: Clock
  readonly book: Pick<JobBook, 'schedule' | 'setSchedule'>
  /** In force now. */
  readonly policy: () => Promise<Pick<Policy, 'schedule' | 'triggers' | 'trash'>>
  readonly run: (options: PlanOptions) => Promise<Pick<Run, 'id' | 'state'>>
  /** Purges what of the trash is over its time, and more where the disk is short. */
  readonly purge: () => Promise<unknown>
  /** Percent of the disk that is free, of what is looked after. Without it no trigger is begun. */
  readonly diskFree?: (() => Promise<number>) | undefined
  readonly log: Pick<Log, 'info' | 'warn'>
}

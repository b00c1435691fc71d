import type { RowStore } from '../../../shared/rows/row-store.ts'
import type { JobBook } from '../../state/jobs.ts'
import { createMemoryState } from '../../state/open-state.ts'
import { openRetention, type RetentionOptions } from '../open-retention.ts'
import { createTrashKeeper } from '../trash-keeper.ts'
import type { PreviewLine, PreviewOptions, RetentionService, Run } from '../types.ts'
import { createModelInventory, type ModelInventory, type ModelOptions } from './model-inventory.ts'

export const day: number = 24 * 60 * 60 * 1000
/** When tests begin: the first of March 2026. */
export const start: number = Date.UTC(2026, 2, 1)

export interface OpenModelOptions extends ModelOptions {
  readonly model?: ModelInventory
  readonly rows?: RowStore
  /** Put in force at once. */
  readonly policy?: string
  readonly disk?: RetentionOptions['disk']
  readonly clock?: Clock
}

/** Milliseconds since the epoch; tests set it forward. */
export interface Clock {
  now: number
}

export interface OpenModel {
  readonly service: RetentionService
  readonly model: ModelInventory
  readonly rows: RowStore
  readonly jobs: JobBook
  readonly clock: Clock
  readonly notices: string[]
}

/** Retention of a model inventory, on rows in memory unless others are given. */
export async function openModel(options: OpenModelOptions = {}): Promise<OpenModel> {
  const { rows = createMemoryState(), clock = { now: start }, policy } = options
  const model = options.model ?? createModelInventory(options)
  model.setTrash(createTrashKeeper(rows))
  const notices: string[] = []
  const note = (message: string): void => void notices.push(message)
  const { service, jobs } = await openRetention({
    inventory: model,
    rows,
    now: () => clock.now,
    checkCron: () => undefined,
    disk: options.disk,
    log: { info: note, warn: note, error: note },
  })
  if (policy !== undefined) await service.policies.set(policy, 'ann')
  return { service, model, rows, jobs, clock, notices }
}

/** A policy that deletes tags that were pushed thirty days ago, and untagged manifests after seven. */
export function ageing(mode: Run['mode'], more = ''): string {
  return `version: 1
mode: ${mode}
trash: { days: 7 }
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - id: old
    delete: [{ olderThan: { pushed: 30d } }]
    untagged: { olderThan: 7d }
${more}`
}

/** Tags `old-1`, `old-2`, ... that {@link ageing} deletes, and `new` that it keeps, in the repository `team/app`. */
export function fillModel(model: ModelInventory, old = 3): void {
  for (let i = 1; i <= old; i++) model.content.push('team/app', `old-${i}`, { at: start - 40 * day - i })
  model.content.push('team/app', 'new', { at: start - day })
}

/** All of an async iterable. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}

/** The lines of a preview. */
export async function previewed(
  service: Pick<RetentionService, 'preview'>,
  options: PreviewOptions = {},
): Promise<readonly PreviewLine[]> {
  return (await all(service.preview(options))).flat()
}

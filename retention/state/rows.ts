import { asInteger } from '../../shared/base/json.ts'
import { numberPart } from '../../shared/rows/log-rows.ts'
import { type RowKind, rowKind } from '../../shared/rows/row-kind.ts'
import type { Plan, PolicyVersion, TrashEntry } from '../run/types.ts'
import {
  asEnding,
  asFailure,
  asItem,
  asMirrorState,
  asPlan,
  asPolicyRow,
  asPurging,
  asRun,
  asScheduleState,
  asTrashEntry,
  asTrashTotal,
} from './guards.ts'
import type {
  Ending,
  Failure,
  MirrorState,
  Purging,
  ScheduleState,
  StoredItem,
  StoredRun,
  TrashTotal,
} from './types.ts'

/**
 * What the database of retention of one source holds; the only place that knows. PLAN and RUN are IDs, which sort by their time.
 * NUMBER, TIME and VERSION have sixteen digits. Names of repositories and what else others chose is written by {@link keyPart}.
 *
 * ```
 * format                        {"version":1}
 * policy VERSION                {"hash","at","by","restores"?,"text"}: a log (log-rows.ts)
 * plan PLAN                     as in run/types.ts
 * item PLAN TIME NUMBER         an item of a plan, in the order in which they go
 * run RUN                       as in run/types.ts, and {"after"}: the key of the last item that it is done with
 * trash RUN NUMBER              an entry of the trash
 * kept REPOSITORY DIGEST RUN NUMBER   TIME of its purge
 * of REPOSITORY RUN NUMBER      true: entries of a repository
 * due TIME RUN NUMBER           true: entries by the time of their purge
 * removing RUN NUMBER           true: entries of which nobody knows yet whether their items went
 * total trash                   {"entries","bytes"}
 * ended RUN NUMBER              how an entry left the trash
 * purging REPOSITORY DIGEST     {"repository","digest","bytes"}: left the trash, and whoever frees content is to be told
 * failed KIND REPOSITORY NAME   {"tries","nextAt","message"}: an item that could not be removed
 * schedule main                 what the schedule knows; instead of main a URL, of what runs elsewhere
 * mirror IMAGE                  what a mirror job knows
 * audit NUMBER                  `HASH JSON`: who changed what (shared/audit)
 * start audit                   the last entry that was cleared away, and how much there is behind it
 * ```
 */
export const policyLog = 'policy'
export const policyRows: RowKind<[version: string], Omit<PolicyVersion, 'version'>> = rowKind(policyLog, asPolicyRow)
export const planRows: RowKind<[plan: string], Plan> = rowKind('plan', asPlan)
export const itemRows: RowKind<[plan: string, time: string, number: string], StoredItem> = rowKind('item', asItem)
export const runRows: RowKind<[run: string], StoredRun> = rowKind('run', asRun)
export const trashRows: RowKind<[run: string, number: string], TrashEntry> = rowKind('trash', asTrashEntry)
export const keptRows: RowKind<[repository: string, digest: string, run: string, number: string], number> = rowKind(
  'kept',
  asInteger,
)
export const ofRows: RowKind<[repository: string, run: string, number: string], true> = rowKind('of', () => true)
export const dueRows: RowKind<[time: string, run: string, number: string], true> = rowKind('due', () => true)
export const removingRows: RowKind<[run: string, number: string], true> = rowKind('removing', () => true)
export const totalRows: RowKind<[what: string], TrashTotal> = rowKind('total', asTrashTotal)
export const endedRows: RowKind<[run: string, number: string], Ending> = rowKind('ended', asEnding)
export const purgingRows: RowKind<[repository: string, digest: string], Purging> = rowKind('purging', asPurging)
export const failedRows: RowKind<[kind: string, repository: string, name: string], Failure> = rowKind(
  'failed',
  asFailure,
)
export const scheduleRows: RowKind<[what: string], ScheduleState> = rowKind('schedule', asScheduleState)
export const mirrorRows: RowKind<[image: string], MirrorState> = rowKind('mirror', asMirrorState)

/** A text that others chose as it stands in keys: without the space that parts them. */
export function keyPart(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return text.replace(/[\u0000-\u0020%\u007f]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

interface PlaceParts {
  readonly run: string
  readonly number: string
}

/** The parts of keys of an entry of the trash, whose ID is `RUN-NUMBER`. Undefined for what is no ID. */
export function partsOfEntry(id: string): PlaceParts | undefined {
  const [, run, number] = /^([0-9a-z]{12})-([1-9]\d{0,14})$/.exec(id) ?? []
  return run === undefined || number === undefined ? undefined : { run, number: numberPart(Number(number)) }
}

/** True for what can be the ID of a plan or a run. */
export function isID(text: string): boolean {
  return /^[0-9a-z]{12}$/.test(text)
}

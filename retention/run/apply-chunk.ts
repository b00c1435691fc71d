import type { JsonObject } from '../../shared/base/json.ts'
import type { Change } from '../../shared/rows/row-store.ts'
import { type AuditEntry, auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { failureChange, failuresOf, noFailureChange } from '../state/failures.ts'
import type { ItemRow } from '../state/plans.ts'
import { runChange } from '../state/runs.ts'
import { endingsOf, entriesByID, trashChange, trashedChange } from '../state/trash.ts'
import type { Failure, StoredItem, StoredRun } from '../state/types.ts'
import type { Parts } from './parts.ts'
import { type LookOptions, lookAt, type Outcome, removeAll } from './removal.ts'
import type { RunFailure, TrashEntry } from './types.ts'

/** Failures that a run tells of. */
const mostTold = 100
/** When so many were tried, and all failed, the rest would not go either. */
const enoughToGiveUp = 8

export interface ChunkOptions extends Omit<LookOptions, 'now'> {
  readonly run: StoredRun
  /** For the history of the source. */
  readonly by: string
}

interface Settled {
  readonly item: StoredItem
  readonly outcome: Outcome
}

/**
 * Removes some items of a plan in two steps: they are in the trash before they go, which is durable, and afterwards it is noted what became
 * of each. Errors: those of the rows; then some may have gone, of which the trash has an entry in the state `removing`.
 */
export async function applyChunk(parts: Parts, chunk: readonly ItemRow[], options: ChunkOptions): Promise<StoredRun> {
  const { rows, now } = parts
  const { run, policy } = options
  const items = await notYetDone(parts, run, chunk)
  const found = await failuresOf(rows, items)
  const failures = new Map(items.map((item, i) => [item, found[i]]))
  const at = now()
  const looks = await lookAt(parts, failures, { ...options, now: at })
  const going = looks.flatMap(({ item, outcome }) => (outcome === undefined ? [item] : []))
  const entries = new Map(going.map((item) => [item, entryOf(item, run, { at, keep: policy.trash.keep })]))
  if (going.length > 0) await rows.commit(await trashChange(rows, { add: [...entries.values()] }))
  const tried = await removeAll(parts, going, options.by)
  const stayed = looks.flatMap(({ item, outcome }) => (outcome === undefined ? [] : [{ item, outcome }]))
  const settled = [...stayed, ...tried]
  const after = countedIn({ ...run, after: chunk.at(-1)?.key ?? run.after }, settled)
  await rows.commit(
    merged([
      await endsOf(parts, tried, entries),
      ...triesOf(settled, failures, at),
      auditChange(...settled.flatMap((one) => auditOf(one, run, now()))),
      runChange(after),
    ]),
  )
  return isHopeless(settled) ? { ...after, state: 'failed' } : after
}

/** When to try those again that failed; those that went are forgotten. */
function triesOf(
  settled: readonly Settled[],
  failures: ReadonlyMap<StoredItem, Failure | undefined>,
  now: number,
): readonly Change[] {
  const removed = settled.flatMap(({ item, outcome }) => (outcome.kind === 'removed' ? [item] : []))
  const failed = settled.flatMap(({ item, outcome }) =>
    outcome.kind === 'failed' || outcome.kind === 'unknown'
      ? [failureChange(item, { before: failures.get(item), message: outcome.message, now })]
      : [],
  )
  return [noFailureChange(removed), ...failed]
}

function isHopeless(settled: readonly Settled[]): boolean {
  const tried = settled.filter(({ outcome }) => outcome.kind !== 'waits')
  return tried.length >= enoughToGiveUp && tried.every(({ outcome }) => 'message' in outcome)
}

/** Without those that went, came back or were purged before the run was interrupted. */
async function notYetDone({ rows }: Parts, run: StoredRun, chunk: readonly ItemRow[]): Promise<readonly StoredItem[]> {
  const ids = chunk.map(({ item }) => `${run.id}-${item.number}`)
  const [entries, endings] = await Promise.all([entriesByID(rows, ids), endingsOf(rows, ids)])
  return chunk.flatMap(({ item }, i) => (entries[i] === undefined && endings[i] === undefined ? [item] : []))
}

function entryOf(
  { kind, repository, name, digest, size, reason, number }: StoredItem,
  run: StoredRun,
  { at, keep }: { readonly at: number; readonly keep: number },
): TrashEntry {
  const place = { id: `${run.id}-${number}`, runId: run.id }
  return { ...place, kind, repository, name, digest, size, reason, at, purgeAt: at + keep, state: 'removing' }
}

/** What becomes of the entries: of items that went they stay, if they can come back. */
async function endsOf(
  { rows, inventory }: Parts,
  tried: readonly Settled[],
  entries: ReadonlyMap<StoredItem, TrashEntry>,
): Promise<Change> {
  const pick = (wanted: (outcome: Outcome) => boolean): readonly TrashEntry[] =>
    tried.flatMap(({ item, outcome }) => (wanted(outcome) ? (entries.get(item) ?? []) : []))
  const stays = ({ kind }: Outcome): boolean => kind === 'unknown' || (kind === 'removed' && inventory.canUndo)
  const trashed = pick((outcome) => outcome.kind === 'removed' && stays(outcome))
  const dropped = pick((outcome) => !stays(outcome)).map((entry) => ({ entry, ending: undefined }))
  return merged([trashedChange(trashed), ...(dropped.length > 0 ? [await trashChange(rows, { remove: dropped })] : [])])
}

function countedIn(run: StoredRun, settled: readonly Settled[]): StoredRun {
  const count = (...kinds: readonly Outcome['kind'][]): number =>
    settled.filter(({ outcome }) => kinds.includes(outcome.kind)).length
  const failures = settled.flatMap(({ item: { kind, repository, name }, outcome }): RunFailure[] =>
    'message' in outcome ? [{ item: { kind, repository, name }, message: outcome.message }] : [],
  )
  return {
    ...run,
    removed: run.removed + count('removed'),
    drifted: run.drifted + count('drifted'),
    gone: run.gone + count('gone'),
    failed: run.failed + count('failed', 'unknown', 'waits'),
    freed: settled.reduce((sum, { outcome }) => sum + ('freed' in outcome ? outcome.freed : 0), run.freed),
    failures: [...run.failures, ...failures].slice(0, mostTold),
  }
}

function auditOf({ item, outcome }: Settled, { id, by }: StoredRun, at: number): readonly AuditEntry[] {
  const about: JsonObject = { run: id, ...auditedItem(item) }
  if (outcome.kind === 'removed') return [{ at, by, action: 'remove', about }]
  if (outcome.kind !== 'drifted') return []
  return [{ at, by, action: 'skip', about: { ...about, why: 'DRIFTED', drift: outcome.about } }]
}

/** What the log says of an item. */
function auditedItem({ kind, repository, name, digest, reason, rule }: StoredItem): JsonObject {
  return { kind, repository, name, digest, reason, ...(rule !== undefined && { rule }) }
}

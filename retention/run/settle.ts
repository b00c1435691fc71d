import { noWants } from '../facts.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { findRun, listRuns, runChange } from '../state/runs.ts'
import { removingEntries, trashChange, trashedChange } from '../state/trash.ts'
import type { Parts } from './parts.ts'
import type { TrashEntry } from './types.ts'

/** Runs among which one may be that was interrupted. */
const lastRuns = 10

/**
 * Finds out what an interrupted run left open: items of which nobody knows whether they went are looked for, and the run is one that
 * stopped. What cannot be looked for now is left until the next time.
 */
export async function settle(parts: Parts): Promise<void> {
  const { rows, turn, log } = parts
  for (const entry of await removingEntries(rows)) {
    try {
      await turn(async () => settleEntry(parts, entry))
    } catch (error) {
      log.warn('it is not known yet whether an item was removed', { entry: entry.id, error })
    }
  }
  for (const run of await listRuns(rows, lastRuns)) {
    if (run.state === 'running') await rows.commit(runChange({ ...run, state: 'stopped' }))
  }
}

async function settleEntry(parts: Parts, entry: TrashEntry): Promise<void> {
  const { inventory, rows, now } = parts
  const facts = await inventory.item(entry, noWants)
  if (facts?.digest === entry.digest) {
    return rows.commit(await trashChange(rows, { remove: [{ entry, ending: undefined }] }))
  }
  const run = await findRun(rows, entry.runId)
  const { kind, repository, name, digest, reason } = entry
  const about = { run: entry.runId, kind, repository, name, digest, reason }
  const ended = inventory.canUndo
    ? trashedChange([entry])
    : await trashChange(rows, { remove: [{ entry, ending: 'purged' }] })
  await rows.commit(
    merged([
      ended,
      ...(run === undefined ? [] : [runChange({ ...run, removed: run.removed + 1 })]),
      auditChange({ at: now(), by: run?.by ?? '', action: 'remove', about }),
    ]),
  )
}

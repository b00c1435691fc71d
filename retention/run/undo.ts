import { IbuildError } from '../../shared/base/errors.ts'
import type { ItemName } from '../facts.ts'
import type { Undoable } from '../ports.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { findRun, runChange } from '../state/runs.ts'
import { eachEntry, endingOf, findEntry, trashChange } from '../state/trash.ts'
import type { Ending } from '../state/types.ts'
import type { Parts } from './parts.ts'
import type { TrashEntry, UndoReport } from './types.ts'

/** Characters that a tag may have. */
const longestTag = 128
/** Names that are tried for a tag that was used again. */
const mostNames = 100

type Restored = { readonly entry: TrashEntry } & ({ readonly as: string } | { readonly message: string })

/** See {@link RetentionService.undo}. */
export async function undo(parts: Parts, id: string, by: string): Promise<UndoReport> {
  const { inventory } = parts
  if (inventory.undo === undefined)
    throw new IbuildError('RETENTION_PURGED', `nothing that is removed from ${inventory.source} can come back`)
  const { undo: undoable } = inventory
  const done: Restored[] = []
  for await (const page of await entriesOf(parts, id)) {
    for (const entry of page) done.push(await parts.turn(async () => restoreOne(parts, undoable, { entry, by })))
  }
  return {
    restored: done.flatMap((one) => ('as' in one ? [{ ...nameOf(one.entry), as: one.as }] : [])),
    failed: done.flatMap((one) => ('message' in one ? [{ ...nameOf(one.entry), message: one.message }] : [])),
  }
}

/** Entries of a run, or one. Errors: OBJECT_NOT_FOUND, RETENTION_PURGED. */
async function entriesOf({ rows }: Parts, id: string): Promise<AsyncIterable<readonly TrashEntry[]> | TrashEntry[][]> {
  const entry = await findEntry(rows, id)
  if (entry !== undefined) return [[entry]]
  const ending = await endingOf(rows, id)
  if (ending !== undefined) throw noMore(id, ending)
  const run = await findRun(rows, id)
  if (run === undefined)
    throw new IbuildError('OBJECT_NOT_FOUND', `${id} is no run, and nothing of that ID is in the trash`)
  for await (const page of eachEntry(rows, id)) if (page.length > 0) return eachEntry(rows, id)
  if (run.removed > 0 && run.restored < run.removed) throw noMore(id, 'purged')
  if (run.removed > 0) throw noMore(id, 'restored')
  throw new IbuildError('OBJECT_NOT_FOUND', `run ${id} removed nothing`)
}

function noMore(id: string, ending: Ending): IbuildError {
  return ending === 'purged'
    ? new IbuildError('RETENTION_PURGED', `${id} was purged from the trash: it cannot come back`)
    : new IbuildError('OBJECT_NOT_FOUND', `${id} is not in the trash: it was given back already`)
}

interface Asked {
  readonly entry: TrashEntry
  readonly by: string
}

async function restoreOne(parts: Parts, undoable: Undoable, { entry, by }: Asked): Promise<Restored> {
  const current = await findEntry(parts.rows, entry.id)
  if (current === undefined) return { entry, message: 'it left the trash meanwhile' }
  try {
    return await restore(parts, undoable, { entry: current, by })
  } catch (error) {
    return { entry, message: error instanceof Error ? error.message : String(error) }
  }
}

async function restore(parts: Parts, undoable: Undoable, { entry, by }: Asked): Promise<Restored> {
  const name = nameOf(entry)
  const { digest } = entry
  const instead = await freeName(parts, entry)
  const restored = await undoable.restore(name, { digest, by, instead })
  const ending = restored.kind === 'purged' ? 'purged' : 'restored'
  await noteEnding(parts, { entry, by }, ending)
  if (restored.kind === 'purged') return { entry, message: 'its content is no more' }
  return { entry, as: restored.kind === 'restored' ? restored.tag : entry.name }
}

async function noteEnding({ rows, now }: Parts, { entry, by }: Asked, ending: Ending): Promise<void> {
  const run = await findRun(rows, entry.runId)
  const about = { run: entry.runId, ...nameOf(entry), digest: entry.digest, ending }
  const counted = run === undefined ? [] : [runChange({ ...run, [ending]: run[ending] + 1 })]
  const left = await trashChange(rows, { remove: [{ entry, ending }] })
  await rows.commit(merged([left, ...counted, auditChange({ at: now(), by, action: 'undo', about })]))
}

/** `TAG-restored-20261231`, or with a number behind it: a tag that is not used, or leads to the same. */
async function freeName({ inventory, now }: Parts, { repository, name, digest }: TrashEntry): Promise<string> {
  const date = new Date(now()).toISOString().slice(0, 10).replaceAll('-', '')
  for (let i = 1; i <= mostNames; i++) {
    const suffix = `-restored-${date}${i === 1 ? '' : `-${i}`}`
    const tag = `${name.slice(0, longestTag - suffix.length)}${suffix}`
    const facts = await inventory.item({ kind: 'tag', repository, name: tag }, noWants)
    if (facts === undefined || facts.digest === digest) return tag
  }
  throw new IbuildError('OBJECT_NOT_FOUND', `all names that ${repository}:${name} could be restored as are used`)
}

const noWants = { created: false, labels: false, signatures: false }

function nameOf({ kind, repository, name }: TrashEntry): ItemName {
  return { kind, repository, name }
}

import { IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { type ItemName, noWants } from '../facts.ts'
import type { Undoable } from '../ports.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { countEndings, findRun } from '../state/runs.ts'
import { eachEntry, endingOf, entriesByID, findEntry, trashChange } from '../state/trash.ts'
import type { Ending } from '../state/types.ts'
import type { Parts } from './parts.ts'
import type { TrashEntry, UndoReport, Within } from './types.ts'

/** Entries that are given back before that is noted, and those at the same time. */
const [chunkSize, atOnce] = [32, 8]
/** Characters that a tag may have. */
const longestTag = 128
/** Names that are tried for a tag that was used again. */
const mostNames = 100

/** An entry, and how it left the trash, if it did. */
type Restored = { readonly entry: TrashEntry; readonly ending: Ending | undefined } & (
  | { readonly as: string }
  | { readonly message: string }
)

export interface UndoOptions {
  readonly by: string
  readonly within?: Within | undefined
}

const everywhere: Within = () => true

/** See {@link RetentionService.undo}. */
export async function undo(parts: Parts, id: string, { by, within = everywhere }: UndoOptions): Promise<UndoReport> {
  const { inventory } = parts
  if (inventory.undo === undefined)
    throw new IbuildError('RETENTION_PURGED', `nothing that is removed from ${inventory.source} can come back`)
  const { undo: undoable } = inventory
  const done: Restored[] = []
  for await (const entries of await entriesOf(parts, id, within)) {
    const page = entries.filter(({ repository }) => within(repository))
    for (let from = 0; from < page.length; from += chunkSize) {
      const chunk = page.slice(from, from + chunkSize)
      done.push(...(await parts.turn(async () => restoreChunk(parts, undoable, { entries: chunk, by }))))
    }
  }
  return {
    restored: done.flatMap((one) => ('as' in one ? [{ ...nameOf(one.entry), as: one.as }] : [])),
    failed: done.flatMap((one) => ('message' in one ? [{ ...nameOf(one.entry), message: one.message }] : [])),
  }
}

/** Entries of a run, or one, of which there are some within. Errors: OBJECT_NOT_FOUND, RETENTION_PURGED. */
async function entriesOf(
  { rows }: Parts,
  id: string,
  within: Within,
): Promise<AsyncIterable<readonly TrashEntry[]> | TrashEntry[][]> {
  const entry = await findEntry(rows, id)
  if (entry !== undefined && within(entry.repository)) return [[entry]]
  const ending = await endingOf(rows, id)
  if (ending !== undefined) throw noMore(id, ending)
  const run = await findRun(rows, id)
  if (run === undefined)
    throw new IbuildError('OBJECT_NOT_FOUND', `${id} is no run, and nothing of that ID is in the trash`, { hint })
  for await (const page of eachEntry(rows, id))
    if (page.some(({ repository }) => within(repository))) return eachEntry(rows, id)
  if (within !== everywhere) throw new IbuildError('OBJECT_NOT_FOUND', `nothing of run ${id} is in the trash for you`)
  if (run.removed > 0 && run.restored < run.removed) throw noMore(id, 'purged')
  if (run.removed > 0) throw noMore(id, 'restored')
  throw new IbuildError('OBJECT_NOT_FOUND', `run ${id} removed nothing`, { hint })
}

const hint = 'ibuild gc history lists runs, ibuild gc trash what can still come back.'

function noMore(id: string, ending: Ending): IbuildError {
  return ending === 'purged'
    ? new IbuildError('RETENTION_PURGED', `${id} was purged from the trash: it cannot come back`)
    : new IbuildError('OBJECT_NOT_FOUND', `${id} is not in the trash: it was given back already`, { hint })
}

interface Chunk {
  readonly entries: readonly TrashEntry[]
  readonly by: string
}

/** Some entries are given back, then they leave the trash: whoever is killed in between finds them in both. */
async function restoreChunk(parts: Parts, undoable: Undoable, { entries, by }: Chunk): Promise<readonly Restored[]> {
  const { rows } = parts
  const ids = entries.map(({ id }) => id)
  const there = (await entriesByID(rows, ids)).flatMap((entry) => entry ?? [])
  const done = await inParallel(there, { atOnce }, async (entry) => {
    const failed = (error: unknown): Restored => {
      return { entry, message: error instanceof Error ? error.message : String(error), ending: undefined }
    }
    return restore(parts, undoable, { entry, by }).catch(failed)
  })
  await noteEndings(parts, done, by)
  return done
}

async function restore(
  parts: Parts,
  undoable: Undoable,
  { entry, by }: { readonly entry: TrashEntry; readonly by: string },
): Promise<Restored> {
  const instead = await freeName(parts, entry)
  const restored = await undoable.restore(nameOf(entry), { digest: entry.digest, by, instead })
  if (restored.kind === 'purged') return { entry, message: 'its content is no more', ending: 'purged' }
  return { entry, as: restored.kind === 'restored' ? restored.tag : entry.name, ending: 'restored' }
}

async function noteEndings({ rows, now }: Parts, done: readonly Restored[], by: string): Promise<void> {
  const ended = done.flatMap(({ entry, ending }) => (ending === undefined ? [] : [{ entry, ending }]))
  if (ended.length === 0) return
  const at = now()
  const audits = ended.map(({ entry, ending }) => {
    const about = { run: entry.runId, ...nameOf(entry), digest: entry.digest, ending }
    return { at, by, action: 'undo', about } as const
  })
  const counted = await countEndings(rows, ended)
  await rows.commit(merged([await trashChange(rows, { remove: ended }), ...counted, auditChange(...audits)]))
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

function nameOf({ kind, repository, name }: TrashEntry): ItemName {
  return { kind, repository, name }
}

import { IbuildError } from '../../shared/base/errors.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { eachPurging, purgedChange, purgingChange } from '../state/purging.ts'
import { countEndings } from '../state/runs.ts'
import { dueEntries, endingOf, findEntry, isKept, trashChange } from '../state/trash.ts'
import type { Purging } from '../state/types.ts'
import type { Parts } from './parts.ts'
import type { PurgeReport, TrashEntry, Within } from './types.ts'

/** Entries that are purged at once. */
const atOnce = 100

/** See {@link RetentionService.purge}. */
export type PurgeScope = { readonly ids: readonly string[] } | 'due' | 'all'

/** Purges what is named. Errors: OBJECT_NOT_FOUND, RETENTION_PURGED for what is no more in the trash: then nothing is purged. */
export async function purge(
  parts: Parts,
  what: PurgeScope,
  { by, within }: { readonly by: string; readonly within?: Within | undefined },
): Promise<PurgeReport> {
  if (typeof what === 'object') for (const id of what.ids) await mustBeThere(parts, id, within)
  for await (const left of eachPurging(parts.rows)) await handOver(parts, [left]) // by an earlier one
  if (typeof what === 'object') return purgeNamed(parts, what.ids, by)
  const limit = what === 'due' ? parts.now() : undefined
  return purgeFirst(parts, { until: limit, by, bytes: Number.POSITIVE_INFINITY })
}

export interface PurgeFirst {
  /** Only what is to be purged until then. Undefined: whatever its time is. */
  readonly until: number | undefined
  readonly by: string
  /** As many as free so much. */
  readonly bytes: number
}

/**
 * Purges what is to go first, until nothing is left or it is enough. Of what frees nothing, because others have it or nobody can be told, not
 * more than some is given up for a wanted number of bytes.
 */
export async function purgeFirst(parts: Parts, { until, by, bytes }: PurgeFirst): Promise<PurgeReport> {
  let report: PurgeReport = { purged: 0, bytes: 0 }
  while (report.bytes < bytes) {
    const missing = bytes - report.bytes
    const next = await parts.turn(async () => {
      const due = await dueEntries(parts.rows, { now: until, limit: atOnce })
      return purgeEntries(parts, firstOf(due, missing), by)
    })
    report = { purged: report.purged + next.purged, bytes: report.bytes + next.bytes }
    if (next.purged === 0 || (next.bytes === 0 && bytes !== Number.POSITIVE_INFINITY)) break
  }
  return report
}

/** Entries that went, as many as have so many bytes if nobody else has some of them. */
function firstOf(entries: readonly TrashEntry[], bytes: number): readonly TrashEntry[] {
  let sum = 0
  return entries.filter(({ state, size }) => {
    const isWanted = state === 'trashed' && sum < bytes
    if (isWanted) sum += size
    return isWanted
  })
}

async function purgeNamed(parts: Parts, ids: readonly string[], by: string): Promise<PurgeReport> {
  let report: PurgeReport = { purged: 0, bytes: 0 }
  for (let from = 0; from < ids.length; from += atOnce) {
    const next = await parts.turn(async () => {
      const found = await Promise.all(
        [...new Set(ids.slice(from, from + atOnce))].map(async (id) => findEntry(parts.rows, id)),
      )
      return purgeEntries(
        parts,
        found.flatMap((entry) => (entry?.state === 'trashed' ? [entry] : [])),
        by,
      )
    })
    report = { purged: report.purged + next.purged, bytes: report.bytes + next.bytes }
  }
  return report
}

async function mustBeThere({ rows }: Parts, id: string, within: Within | undefined): Promise<void> {
  const entry = await findEntry(rows, id)
  if (entry !== undefined && within?.(entry.repository) !== false) return
  if ((await endingOf(rows, id)) === 'purged') throw new IbuildError('RETENTION_PURGED', `${id} was purged already`)
  throw new IbuildError('OBJECT_NOT_FOUND', `nothing of the ID ${JSON.stringify(id.slice(0, 100))} is in the trash`, {
    hint: 'ibuild gc trash lists what is.',
  })
}

/** In two steps: entries go first, so that the trash keeps the content no more when whoever frees it is told. */
async function purgeEntries(parts: Parts, entries: readonly TrashEntry[], by: string): Promise<PurgeReport> {
  if (entries.length === 0) return { purged: 0, bytes: 0 }
  const { rows, now } = parts
  const at = now()
  const ended = entries.map((entry) => ({ entry, ending: 'purged' as const }))
  const [left, counted] = [await trashChange(rows, { remove: ended }), await countEndings(rows, ended)]
  const purging = entries.map(({ repository, digest, size }) => ({ repository, digest, bytes: size }))
  const audits = entries.map(({ id, runId, kind, repository, name, digest }) => {
    const about = { entry: id, run: runId, kind, repository, name, digest }
    return { at, by, action: 'purge', about } as const
  })
  await rows.commit(merged([left, ...purging.map(purgingChange), ...counted, auditChange(...audits)]))
  return { purged: entries.length, bytes: await handOver(parts, eachOnce(purging)) }
}

/** Tells whoever frees content of what the trash keeps no more. What cannot be told now is told later. Bytes that will go. */
async function handOver(parts: Parts, purging: readonly Purging[]): Promise<number> {
  const { rows, log } = parts
  let bytes = 0
  for (const each of purging) {
    try {
      bytes += await handOne(parts, each)
      await rows.commit(purgedChange(each))
    } catch (error) {
      const { repository, digest } = each
      log.warn('what was purged from the trash could not be freed yet', { repository, digest, error })
    }
  }
  return bytes
}

/** Several tags may have led to one digest. */
function eachOnce(purging: readonly Purging[]): readonly Purging[] {
  return [...new Map(purging.map((each) => [`${each.repository} ${each.digest}`, each])).values()]
}

async function handOne({ rows, inventory }: Parts, { repository, digest }: Purging): Promise<number> {
  if (await isKept(rows, repository, digest)) return 0 // by the entry of another tag
  return (await inventory.undo?.purge(repository, digest)) ?? 0
}

import type { CommitTarget, RowBatch } from '../../shared/rows/commit-queue.ts'
import { readOrNothing } from '../../shared/rows/row-kind.ts'
import { linkRows, manifestRows, settingRows, type UsageRow, usageRows } from './rows.ts'

/**
 * How far a store knows how many bytes its repositories have. Without a value there may be repositories without a row of
 * usage that are to be counted; `scanned`: each has one, so whoever has none has nothing; `counted`: each row tells of all.
 */
export const usageState: string = settingRows.key('usage')

/** Rows with a size that counts, in the order of their keys, which are KIND NAME DIGEST. */
export const sizedKinds = [linkRows, manifestRows] as const

/**
 * The same target, which writes with each batch what it makes of the bytes that repositories have: whoever puts or removes a
 * row of a link or a manifest need not know of it. Batches are written one after the other, so what is stored stays as it is
 * between the look and the write.
 */
export function withUsage(target: CommitTarget): CommitTarget {
  return {
    getMany: async (keys) => target.getMany(keys),
    list: async (range) => target.list(range),
    write: async (batch, isSynced) => {
      const sized = [...batch.keys()].filter(isSized)
      await target.write(sized.length === 0 ? batch : await withDerived(target, batch, sized), isSynced)
    },
  }
}

function isSized(key: string): boolean {
  return sizedKinds.some((kind) => key.startsWith(kind.prefix()))
}

async function withDerived(target: CommitTarget, batch: RowBatch, sized: readonly string[]): Promise<RowBatch> {
  const byName = Map.groupBy(sized, nameIn)
  const keys = [usageState, ...[...byName.keys()].map((name) => usageRows.key(name)), ...sized]
  const values = await target.getMany(keys)
  const stored = new Map(keys.map((key, i) => [key, values[i]]))
  const soon = (key: string): string | undefined => (batch.has(key) ? batch : stored).get(key)
  const all = new Map(batch)
  for (const [name, ofName] of byName) {
    const key = usageRows.key(name)
    const deltas = ofName.map((each) => ({
      key: each,
      bytes: bytesOfRow(each, batch.get(each)) - bytesOfRow(each, stored.get(each)),
    }))
    const before = rowIn(key, soon(key))
    const row = usageAfter(before ?? firstRow(soon(usageState)), deltas)
    const isNothing = row.bytes === 0 && row.countedTo === undefined
    if (!isNothing) all.set(key, usageRows.row([name], row).value)
    else if (before !== undefined) all.set(key, undefined)
  }
  return all
}

interface Delta {
  readonly key: string
  readonly bytes: number
}

/** Of a repository that is counted just now only what is counted already; and who counts learns that something changed. */
function usageAfter({ bytes, countedTo, changes = 0 }: UsageRow, deltas: readonly Delta[]): UsageRow {
  const counted = deltas.filter(({ key }) => countedTo === undefined || key <= countedTo)
  const sum = Math.max(
    0,
    counted.reduce((all, delta) => all + delta.bytes, bytes),
  )
  return countedTo === undefined ? { bytes: sum } : { bytes: sum, countedTo, changes: changes + 1 }
}

function firstRow(state: string | undefined): UsageRow {
  return state === undefined ? { bytes: 0, countedTo: '', changes: 0 } : { bytes: 0 }
}

function rowIn(key: string, value: string | undefined): UsageRow | undefined {
  return value === undefined ? undefined : readOrNothing(usageRows, key, value)
}

/** Bytes that a row of a link or a manifest stands for; none when it is not there, or damaged. */
export function bytesOfRow(key: string, value: string | undefined): number {
  if (value === undefined) return 0
  const kind = key.startsWith(linkRows.prefix()) ? linkRows : manifestRows
  return readOrNothing<{ readonly size: number }>(kind, key, value)?.size ?? 0
}

function nameIn(key: string): string {
  return key.split(' ', 2)[1] ?? ''
}

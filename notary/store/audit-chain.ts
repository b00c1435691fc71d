import type { CommitTarget, RowBatch } from '../../shared/rows/commit-queue.ts'
import { lastRows } from '../../shared/rows/log-rows.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { auditLine, type ChainPlace, chainStart, hashIn, timeIn } from './audit-entry.ts'
import { type AuditLimits, type AuditStart, auditKey, auditLog, auditPrefix, auditStartRows } from './audit-log.ts'

const mebibyte = 1024 * 1024
const day = 24 * 60 * 60 * 1000
/** Entries that are cleared away with one batch beside as many as it writes. */
const mostCleared = 100

const usualLimits: AuditLimits = { time: 400 * day, bytes: 64 * mebibyte }

/**
 * The same target, which chains entries of the log as they are written: what comes before an entry is known only then. What is over
 * its time, or too much, is cleared away with it.
 */
export function withAudit(target: CommitTarget, limits: Partial<AuditLimits> = {}): CommitTarget {
  const chain = new AuditChain(target, { ...usualLimits, ...limits })
  return {
    getMany: async (keys) => target.getMany(keys),
    list: async (range) => target.list(range),
    write: async (batch, isSynced) => chain.write(batch, isSynced),
  }
}

interface Known {
  readonly last: ChainPlace
  readonly start: AuditStart
}

class AuditChain {
  readonly #target: CommitTarget
  readonly #limits: AuditLimits
  /** What is stored; undefined when that has to be looked up. */
  #known: Known | undefined

  constructor(target: CommitTarget, limits: AuditLimits) {
    this.#target = target
    this.#limits = limits
  }

  async write(batch: RowBatch, isSynced: boolean): Promise<void> {
    const entries = [...batch].flatMap(([key, value]) =>
      value !== undefined && key.startsWith(auditPrefix) ? [{ key, value }] : [],
    )
    if (entries.length === 0) return this.#target.write(batch, isSynced)
    const before = this.#known ?? (await this.#look())
    this.#known = undefined // a write that fails may have been made
    const { rows, last } = chained(entries, before.last)
    const { remove, start } = await this.#clear(before, rows)
    const all = new Map<string, string | undefined>(batch)
    for (const key of remove) all.set(key, undefined)
    for (const { key, value } of [...rows, auditStartRows.row([auditLog], start)]) all.set(key, value)
    await this.#target.write(all, isSynced)
    this.#known = { last, start }
  }

  async #look(): Promise<Known> {
    const [startKey, lastKey] = [auditStartRows.key(auditLog), lastRows.key(auditLog)]
    const [start, last] = await this.#target.getMany([startKey, lastKey])
    const number = last === undefined ? 0 : lastRows.parse(lastKey, last)
    const [line] = number === 0 ? [] : await this.#target.getMany([auditKey(number)])
    return {
      last: line === undefined ? { ...chainStart, number } : { number, hash: hashIn(line) },
      start: start === undefined ? { ...chainStart, bytes: 0, since: 0 } : auditStartRows.parse(startKey, start),
    }
  }

  /** Takes the oldest entries away where there are more, or older ones, than are to be kept; `rows` are those that come. */
  async #clear({ start }: Known, rows: readonly Row[]): Promise<{ remove: readonly string[]; start: AuditStart }> {
    const at = atOf(rows.at(-1))
    let bytes = rows.reduce((sum, { value }) => sum + Buffer.byteLength(value), start.bytes)
    const since = start.bytes === 0 ? atOf(rows[0]) : start.since
    const { time, bytes: most } = this.#limits
    if (bytes <= most && since >= at - time) return { remove: [], start: { ...start, bytes, since } }
    let cleared: ChainPlace = { number: start.number, hash: start.hash }
    const remove: string[] = []
    const limit = mostCleared + rows.length
    for (const row of await this.#target.list({ prefix: auditPrefix, limit })) {
      if (bytes <= most && atOf(row) >= at - time) return { remove, start: { ...cleared, bytes, since: atOf(row) } }
      bytes = Math.max(0, bytes - Buffer.byteLength(row.value))
      remove.push(row.key)
      cleared = { number: Number(lastPart(row.key)), hash: hashIn(row.value) }
    }
    return { remove, start: { ...cleared, bytes, since: remove.length < limit ? atOf(rows[0]) : since } }
  }
}

function chained(
  entries: readonly Row[],
  before: ChainPlace,
): { readonly rows: readonly Row[]; readonly last: ChainPlace } {
  let last = before
  const rows = entries
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, value: json }) => {
      const value = auditLine(last, json)
      last = { number: last.number + 1, hash: hashIn(value) }
      return { key, value }
    })
  return { rows, last }
}

function atOf(row: Row | undefined): number {
  return row === undefined ? 0 : timeIn(row.value)
}

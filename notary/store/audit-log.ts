import { asInteger, asObject, asString, required } from '../../shared/base/json.ts'
import { lastNumber, numberPart } from '../../shared/rows/log-rows.ts'
import { lastPart, type RowKind, rowKind } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import type { Gun } from '../tuf/types.ts'
import { type AuditEntry, type ChainPlace, chainStart } from './audit-entry.ts'
import type { AuditPage, Publication } from './types.ts'

/** How much of the log is kept. The newest entry always is. */
export interface AuditLimits {
  /** Milliseconds since an entry was written. */
  readonly time: number
  /** Bytes of all entries. */
  readonly bytes: number
}

/** The log, of which entries are `audit NUMBER`. */
export const auditLog = 'audit'
export const auditPrefix = `${auditLog} `

/** Where the log begins: behind the last entry that was cleared away. */
export interface AuditStart extends ChainPlace {
  /** Of all entries that are there. */
  readonly bytes: number
  /** At least so long ago the first of them was written. */
  readonly since: number
}

export const auditStartRows: RowKind<[log: string], AuditStart> = rowKind('start', (value, place) => {
  const object = asObject(value, place)
  return {
    number: required(object, 'number', place, asInteger),
    hash: required(object, 'hash', place, asString),
    bytes: required(object, 'bytes', place, asInteger),
    since: required(object, 'since', place, asInteger),
  }
})

export function auditKey(number: number): string {
  return `${auditLog} ${numberPart(number)}`
}

/** What a change appends to the log. */
export function audited(entry: AuditEntry): { readonly log: string; readonly value: string } {
  return { log: auditLog, value: JSON.stringify(entry) }
}

/** What the log says of a publication; nothing for one that is not to be in it. */
export function auditedPublication(gun: Gun, publication: Publication): ReturnType<typeof audited>[] {
  const { audit, at, dropped = [] } = publication
  if (audit === undefined) return []
  const files = Object.fromEntries(publication.files.map(({ role, version, sha256 }) => [role, { version, sha256 }]))
  const isLess = dropped.length > 0
  return [audited({ at, action: audit.action, gun, ...audit.by, files, ...(isLess && { dropped }) })]
}

/** Entries behind a number, oldest first. */
export async function readAudit(
  rows: Pick<RowStore, 'get' | 'list'>,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<AuditPage> {
  const key = auditStartRows.key(auditLog)
  const [start, last, listed] = await Promise.all([
    rows.get(key),
    lastNumber(rows, auditLog),
    rows.list({ prefix: auditPrefix, limit, after: auditKey(Math.min(Math.max(0, after), Number.MAX_SAFE_INTEGER)) }),
  ])
  const { number, hash } = start === undefined ? chainStart : auditStartRows.parse(key, start)
  return {
    start: { number, hash },
    last,
    rows: listed.map(({ key: place, value: line }) => ({ number: Number(lastPart(place)), line })),
  }
}

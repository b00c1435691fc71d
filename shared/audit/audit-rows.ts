import { asInteger, asObject, asString, required } from '../base/json.ts'
import { lastNumber, numberPart } from '../rows/log-rows.ts'
import { lastPart, type RowKind, rowKind } from '../rows/row-kind.ts'
import type { RowStore } from '../rows/row-store.ts'
import { type Audited, type AuditRow, type ChainPlace, chainStart } from './chained-line.ts'

/** How much of the log is kept. The newest entry always is. */
export interface AuditLimits {
  /** Milliseconds since an entry was written. */
  readonly time: number
  /** Bytes of all entries. */
  readonly bytes: number
}

/** A part of the log. */
export interface AuditPage {
  /** Behind which place the log begins: what was before it was cleared away. */
  readonly start: ChainPlace
  /** The number of the last entry that was ever written. */
  readonly last: number
  readonly rows: readonly AuditRow[]
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
export function audited(entry: Audited): { readonly log: string; readonly value: string } {
  return { log: auditLog, value: JSON.stringify(entry) }
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

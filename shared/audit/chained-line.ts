import { createHash } from 'node:crypto'
import { IbuildError } from '../base/errors.ts'
import { asInteger, asObject, type JsonGuard, type JsonValue, parseJson, required } from '../base/json.ts'

/** An entry of an audit log: what was done, by whom, and when. Each room says what else is in its entries. */
export interface Audited {
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** A row of the log as it is stored. */
export interface AuditRow {
  readonly number: number
  /** `HASH JSON`; see {@link auditLine}. */
  readonly line: string
}

/** A place in the chain: the entry of that number has that hash (hex); 0 is what is before the first. */
export interface ChainPlace {
  readonly number: number
  readonly hash: string
}

/** Before the first entry. */
export const chainStart: ChainPlace = { number: 0, hash: '0'.repeat(64) }

/** What is stored of the entry behind `before`: its hash, which holds that of the one before it, its number and its text; and the text. */
export function auditLine(before: ChainPlace, json: string): string {
  return `${hashOf(before, json)} ${json}`
}

/** Hex. */
export function hashIn(line: string): string {
  return line.slice(0, 64)
}

/**
 * Reads the row that comes behind `before`. Errors: AUDIT_BROKEN when it does not: it was changed, or rows before it were removed or
 * changed.
 */
export function nextEntry<Entry>(before: ChainPlace, row: AuditRow, guard: JsonGuard<Entry>): Entry {
  const wanted = before.number + 1
  const { number, line } = row
  if (number !== wanted) throw broken(`entry ${wanted} is missing: the next one is ${number}`)
  if (hashIn(line) !== hashOf(before, line.slice(65)))
    throw broken(`entry ${number} is not what was written: it, or the one before it, was changed`)
  return readEntry(row, guard)
}

/** What a row says. Errors: AUDIT_BROKEN when it cannot be read. */
export function readEntry<Entry>({ number, line }: AuditRow, guard: JsonGuard<Entry>): Entry {
  try {
    const value = parseJson(line.slice(65), { what: `entry ${number}` })
    return guard(value, { code: 'STORE_INVALID', path: `audit ${number}` })
  } catch (cause) {
    throw broken(`entry ${number} cannot be read`, cause)
  }
}

/** When an entry was written; one that cannot be read is as old as can be. */
export function timeIn(line: string): number {
  try {
    return readEntry({ number: 0, line }, asAudited).at
  } catch {
    return 0
  }
}

/** Errors of a log that is not what was written. */
export function broken(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('AUDIT_BROKEN', `the audit log was changed: ${problem}`, { cause })
}

function hashOf({ number, hash }: ChainPlace, json: string): string {
  return createHash('sha256')
    .update(`${hash} ${number + 1} ${json}`)
    .digest('hex')
}

const asAudited: JsonGuard<Audited> = (value: JsonValue, place) => ({
  at: required(asObject(value, place), 'at', place, asInteger),
})

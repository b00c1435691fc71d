import { createHash } from 'node:crypto'
import { IbuildError } from '../../shared/base/errors.ts'
import {
  arrayOf,
  asInteger,
  asObject,
  asString,
  type JsonGuard,
  type JsonPlace,
  optional,
  parseJson,
  recordOf,
  required,
} from '../../shared/base/json.ts'
import type { Caller } from './collection-types.ts'

/** What somebody did to a collection. */
export interface AuditEntry extends Caller {
  /** Milliseconds since the epoch. */
  readonly at: number
  /**
   * `publish`: files were made current; `import`: taken over from another server; `rotate`: a key of the server was asked for, which the
   * next root may have; `delete`: the collection was removed.
   */
  readonly action: 'publish' | 'import' | 'rotate' | 'delete'
  readonly gun: string
  /** By role: what became current, also what the server signed. Empty for a deletion. */
  readonly files?: Readonly<Record<string, AuditedFile>>
  /** Roles that the collection has no more. */
  readonly dropped?: readonly string[]
  /** The key that was asked for, and for which role. */
  readonly key?: { readonly role: string; readonly id: string }
}

interface AuditedFile {
  readonly version: number
  /** Hex. */
  readonly sha256: string
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
export function nextEntry(before: ChainPlace, { number, line }: AuditRow): AuditEntry {
  const wanted = before.number + 1
  if (number !== wanted) throw broken(`entry ${wanted} is missing: the next one is ${number}`)
  if (hashIn(line) !== hashOf(before, line.slice(65)))
    throw broken(`entry ${number} is not what was written: it, or the one before it, was changed`)
  return readEntry(line, number)
}

/** What a row says. Errors: AUDIT_BROKEN when it cannot be read. */
export function readEntry(line: string, number: number): AuditEntry {
  try {
    return asEntry(parseJson(line.slice(65), { what: `entry ${number}` }), place(number))
  } catch (cause) {
    throw broken(`entry ${number} cannot be read`, cause)
  }
}

/** When an entry was written, whatever else it says; 0 for one that cannot be read: it is as old as can be. */
export function timeIn(line: string): number {
  try {
    return required(asObject(parseJson(line.slice(65), { what: 'entry' }), place(0)), 'at', place(0), asInteger)
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

function place(number: number): JsonPlace {
  return { code: 'STORE_INVALID', path: `audit ${number}` }
}

const asFile: JsonGuard<AuditedFile> = (value, at) => {
  const object = asObject(value, at)
  return { version: required(object, 'version', at, asInteger), sha256: required(object, 'sha256', at, asString) }
}

const asKey: JsonGuard<NonNullable<AuditEntry['key']>> = (value, at) => {
  const object = asObject(value, at)
  return { role: required(object, 'role', at, asString), id: required(object, 'id', at, asString) }
}

const actions: ReadonlyMap<string, AuditEntry['action']> = new Map(
  (['publish', 'import', 'rotate', 'delete'] as const).map((action) => [action, action]),
)

const asEntry: JsonGuard<AuditEntry> = (value, at) => {
  const object = asObject(value, at)
  const [account, address] = ['account', 'address'].map((name) => optional(object, name, at, asString))
  const files = optional(object, 'files', at, recordOf(asFile))
  const dropped = optional(object, 'dropped', at, arrayOf(asString))
  const key = optional(object, 'key', at, asKey)
  const action = actions.get(required(object, 'action', at, asString))
  if (action === undefined) throw new Error('an unknown action')
  return {
    at: required(object, 'at', at, asInteger),
    action,
    gun: required(object, 'gun', at, asString),
    ...(account !== undefined && { account }),
    ...(address !== undefined && { address }),
    ...(files !== undefined && { files }),
    ...(dropped !== undefined && { dropped }),
    ...(key !== undefined && { key }),
  }
}

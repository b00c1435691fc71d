import { audited, readAudit } from '../../shared/audit/audit-rows.ts'
import type { Audited } from '../../shared/audit/chained-line.ts'
import { chainedFrom } from '../../shared/audit/read-audit.ts'
import { asInteger, asObject, asString, type JsonGuard, type JsonValue, required } from '../../shared/base/json.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import type { AuditLine } from '../run/types.ts'

/** What somebody did. */
export interface AuditEntry extends Audited {
  readonly by: string
  /**
   * `policy`: another one was put in force; `plan`: one was made; `apply`: one began to be applied, or went on; `remove`: an item went; `skip`: one
   * was no more as its plan saw it; `end`: a run did; `undo`: an item came back; `purge`: an item left the trash for good.
   */
  readonly action: 'policy' | 'plan' | 'apply' | 'remove' | 'skip' | 'end' | 'undo' | 'purge'
  readonly about: JsonValue
}

/** A change that puts something into the log. */
export function auditChange(...entries: readonly AuditEntry[]): Change {
  return { append: entries.map(audited) }
}

/** The log behind a number. Errors: AUDIT_BROKEN. */
export async function* auditLines(rows: RowStore, after: number): AsyncGenerator<AuditLine> {
  for await (const { place, entry } of chainedFrom((page) => readAudit(rows, page), asEntry, after)) {
    yield { number: place.number, hash: place.hash, ...entry }
  }
}

const asEntry: JsonGuard<Omit<AuditLine, 'number' | 'hash'>> = (value, place) => {
  const object = asObject(value, place)
  return {
    at: required(object, 'at', place, asInteger),
    by: required(object, 'by', place, asString),
    action: required(object, 'action', place, asString),
    about: required(object, 'about', place, (about) => about),
  }
}

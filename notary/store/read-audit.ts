import { chainedFrom, type Placed, placedEntries, type ReadPage } from '../../shared/audit/read-audit.ts'
import { type AuditEntry, asAuditEntry } from './audit-entry.ts'

export type PlacedEntry = Placed<AuditEntry>

/** All entries that there are, oldest first, as they stand. Errors: AUDIT_BROKEN for one that cannot be read. */
export function auditEntries(read: ReadPage): AsyncGenerator<PlacedEntry> {
  return placedEntries(read, asAuditEntry)
}

/**
 * The same, and each is held against the one before it, to the last one that was ever written. Errors: AUDIT_BROKEN when something was
 * changed or removed.
 */
export function chainedEntries(read: ReadPage): AsyncGenerator<PlacedEntry> {
  return chainedFrom(read, asAuditEntry)
}

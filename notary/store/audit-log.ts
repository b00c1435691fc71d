import { audited } from '../../shared/audit/audit-rows.ts'
import type { Gun } from '../tuf/types.ts'
import type { AuditEntry } from './audit-entry.ts'
import type { Publication } from './types.ts'

/** What a change appends to the log. */
export function auditedEntry(entry: AuditEntry): ReturnType<typeof audited> {
  return audited(entry)
}

/** What the log says of a publication; nothing for one that is not to be in it. */
export function auditedPublication(gun: Gun, publication: Publication): ReturnType<typeof audited>[] {
  const { audit, at, dropped = [] } = publication
  if (audit === undefined) return []
  const files = Object.fromEntries(publication.files.map(({ role, version, sha256 }) => [role, { version, sha256 }]))
  const isLess = dropped.length > 0
  return [auditedEntry({ at, action: audit.action, gun, ...audit.by, files, ...(isLess && { dropped }) })]
}

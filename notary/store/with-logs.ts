import { withAudit } from '../../shared/audit/audit-chain.ts'
import type { AuditLimits } from '../../shared/audit/audit-rows.ts'
import type { AroundTarget } from '../../shared/rows/commit-queue.ts'
import { withChanged } from './change-rows.ts'

/** What a notary's rows have around them: what its logs need beside what a change says. */
export function withLogs(limits?: Partial<AuditLimits>): AroundTarget {
  return (target) => withAudit(withChanged(target), limits)
}

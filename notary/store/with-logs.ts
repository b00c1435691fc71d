import type { AroundTarget } from '../../shared/rows/commit-queue.ts'
import { withAudit } from './audit-chain.ts'
import type { AuditLimits } from './audit-log.ts'
import { withChanged } from './change-rows.ts'

/** What a notary's rows have around them: what its logs need beside what a change says. */
export function withLogs(limits?: Partial<AuditLimits>): AroundTarget {
  return (target) => withAudit(withChanged(target), limits)
}

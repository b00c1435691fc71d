import type { AuditPage } from '../../../shared/audit/audit-rows.ts'
import type { Adoption } from '../../service/types.ts'
import type { Gun } from '../../tuf/types.ts'
import type { CollectionCopy } from '../../verifier/copy-collection.ts'

/** What operators ask of a notary, whether a server has it open or nobody does. Errors are IbuildErrors. */
export interface NotaryAdmin {
  /** Entries of the log of who changed what, behind a number, oldest first. */
  audit(page: { readonly after: number; readonly limit: number }): Promise<AuditPage>
  /** Takes over a collection from another server. Errors: `TRUST_*`; see {@link NotaryService.adopt}. */
  adopt(gun: Gun, copy: Pick<CollectionCopy, 'roots' | 'files'>): Promise<Adoption>
}

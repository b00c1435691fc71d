import { applyChanges } from '../../notary/client/changes/apply.ts'
import { changesToRevoke } from '../../notary/client/plans/revocation.ts'
import { noCollection, publish } from '../../notary/client/publish.ts'
import type { Gun, TargetsRole } from '../../notary/tuf/types.ts'
import { publishingOf, type TrustSession } from './session.ts'

export interface RevokeRequest {
  readonly gun: Gun
  /** Undefined: all that the collection signs. */
  readonly names: readonly string[] | undefined
  /** Undefined: wherever the names are signed. */
  readonly roles?: readonly TargetsRole[] | undefined
}

/**
 * Takes names out of the roles that sign them, and gives the roles that sign one still, because none of their keys is here.
 * Errors: TRUST_NOT_SIGNED, TRUST_INCOMPLETE, TRUST_*, KEY_*, PASSPHRASE_*.
 */
export async function revokeTags(
  session: TrustSession,
  { gun, names, roles }: RevokeRequest,
): Promise<readonly TargetsRole[]> {
  let remaining: readonly TargetsRole[] = []
  await publish(publishingOf(session, gun), async (current) => {
    if (current === undefined) throw noCollection(gun)
    const revocation = await changesToRevoke(current.collection, { names, roles, keys: session.keys })
    remaining = revocation.remaining
    return applyChanges(current.draft, revocation.changes)
  })
  return remaining
}

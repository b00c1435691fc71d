import type { RoleName, TargetsRole } from '../../tuf/types.ts'
import { canonicalIDs, keysOfRole } from './role-keys.ts'
import type { Draft } from './types.ts'

/**
 * Roles of targets whose files nobody changes, but whose signatures would no longer suffice: because of other keys or a higher
 * threshold. Readers pass over a delegation like that, with all that it signs.
 */
export function staleRoles(draft: Draft): readonly TargetsRole[] {
  return [...draft.targets.keys()].filter((role) => isUnsigned(draft, role))
}

function isUnsigned(draft: Draft, role: RoleName): boolean {
  const signers = draft.base?.signers.get(role)
  const needed = keysOfRole(draft, role)
  if (draft.changed.has(role) || signers === undefined || needed === undefined) return false
  return [...canonicalIDs(needed)].filter((id) => signers.has(id)).length < needed.threshold
}

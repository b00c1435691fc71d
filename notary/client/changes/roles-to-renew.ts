import { isIbuildError } from '../../../shared/base/errors.ts'
import type { TargetsRole } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import { draftOf } from './draft.ts'
import { canonicalIDs, keysOfRole } from './role-keys.ts'
import type { SigningKeys } from './types.ts'

/** From so many milliseconds before its end on, a file is signed anew with whatever is published: half a year, as stock clients do. */
const renewalTime = 182 * 86_400_000

/** Roles of targets whose files will expire soon and that can be signed with the keys that are here. `now` in milliseconds since the epoch. */
export async function rolesToRenew(
  collection: TrustedCollection,
  { keys, now }: { readonly keys: SigningKeys; readonly now: number },
): Promise<readonly TargetsRole[]> {
  const due = [...collection.targets].filter(([, { signed }]) => signed.expires - now < renewalTime)
  const roles: TargetsRole[] = []
  for (const [role] of due) if (await canSign(collection, role, keys)) roles.push(role)
  return roles
}

async function canSign(collection: TrustedCollection, role: TargetsRole, keys: SigningKeys): Promise<boolean> {
  const needed = keysOfRole(draftOf(collection), role)
  if (needed === undefined) return false
  let count = 0
  for (const id of canonicalIDs(needed)) if (await isUsable(keys, id)) count += 1
  return count >= needed.threshold
}

/** A key whose passphrase nobody knows is none to renew something with that nobody asked for. */
async function isUsable(keys: SigningKeys, id: Parameters<SigningKeys['has']>[0]): Promise<boolean> {
  try {
    return (await keys.unlock(id)) !== undefined
  } catch (error) {
    if (isIbuildError(error, 'PASSPHRASE_MISSING', 'PASSPHRASE_WRONG', 'KEY_INVALID')) return false
    throw error
  }
}

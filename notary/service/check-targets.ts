import { parentOf } from '../tuf/role.ts'
import type { RoleName, Root, Targets, TargetsRole } from '../tuf/types.ts'
import { type CheckTerms, checkExpiry, checkSignatures, type Signers } from './check-common.ts'
import { invalidUpdate } from './publish-error.ts'
import type { Upload } from './read-upload.ts'

export type Delegations = Targets['delegations']

/** Delegations that a role makes, uploaded or stored; undefined when it has no file. */
export type FindDelegations = (role: TargetsRole) => Promise<Delegations | undefined>

/** Checks one role that lists targets: who may sign it is what its parent says, or the root. Errors: INVALID_UPDATE. */
export async function checkTargets(
  upload: Upload & { readonly role: TargetsRole },
  above: { readonly root: Root; readonly find: FindDelegations },
  terms: CheckTerms,
): Promise<void> {
  checkSignatures(upload, await signersOf(upload.role, above))
  checkExpiry(upload, terms)
}

async function signersOf(
  role: TargetsRole,
  { root, find }: { readonly root: Root; readonly find: FindDelegations },
): Promise<Signers> {
  if (role === 'targets') return { role: root.roles.targets, keys: root.keys }
  const delegations = await find(parentOf(role))
  const found = delegations?.roles.find(({ name }) => name === role)
  if (delegations === undefined || found === undefined) {
    throw invalidUpdate('ErrBadTargets', `tuf: invalid role ${role}. delegation does not exist`)
  }
  const absent = found.keyIDs.find((id) => !delegations.keys.has(id))
  if (absent === undefined) return { role: found, keys: delegations.keys }
  throw invalidUpdate('ErrBadTargets', `tuf: invalid role ${role}. role lists unknown key ${absent} as a signing key`)
}

/** Parents before children. */
export function shallowFirst(roles: Iterable<TargetsRole>): TargetsRole[] {
  const depth = (role: RoleName): number => role.split('/').length
  return [...roles].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}

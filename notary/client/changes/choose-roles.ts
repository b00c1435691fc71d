import { IbuildError } from '../../../shared/base/errors.ts'
import { isDirectChild } from '../../tuf/role.ts'
import type { Delegation, KeyID, TargetsRole } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import { draftOf } from './draft.ts'
import { hasOne } from './has-one.ts'
import { canonicalIDs, keysOfRole } from './role-keys.ts'
import type { SigningKeys } from './types.ts'

/**
 * Roles that a name is signed in, as docker chooses them: `targets` when nothing is delegated, else each delegation of it that may
 * sign the name and one of whose keys is here. Errors: TRUST_INCOMPLETE when no key of any of them is here.
 */
export async function rolesToSign(
  collection: TrustedCollection,
  name: string,
  keys: Pick<SigningKeys, 'has'>,
): Promise<readonly TargetsRole[]> {
  const delegations = directDelegations(collection)
  if (delegations.length === 0) return ['targets']
  const fitting = delegations.filter(({ paths }) => paths.some((path) => name.startsWith(path)))
  const roles: TargetsRole[] = []
  for (const delegation of fitting) {
    if (await hasOne(keysOf(collection, delegation), keys)) roles.push(delegation.name)
  }
  if (roles.length > 0) return roles
  const names = fitting.map((each) => each.name)
  throw new IbuildError(
    'TRUST_INCOMPLETE',
    `no key of ${collection.gun} that may sign ${JSON.stringify(name)} is here`,
    {
      hint:
        names.length === 0
          ? 'No role may sign that name: see ibuild trust delegation list, or sign with --role targets.'
          : `It is signed by ${names.join(', ')}. Load a key with ibuild trust key load, or let an owner add yours with ibuild trust signer add.`,
    },
  )
}

/** Delegations that `targets` makes itself. */
export function directDelegations(collection: TrustedCollection): readonly Delegation[] {
  const roles = collection.targets.get('targets')?.signed.delegations.roles ?? []
  return roles.filter(({ name }) => isDirectChild('targets', name))
}

/** Canonical IDs of the keys of a delegation of `targets`. */
export function keysOf(collection: TrustedCollection, { keyIDs }: Delegation): readonly KeyID[] {
  const known = collection.targets.get('targets')?.signed.delegations.keys
  return keyIDs.flatMap((id) => {
    const key = known?.get(id)
    return key === undefined || key.type === undefined ? [] : [key.canonicalID]
  })
}

/** Whether a key that signs the role is here. */
export async function hasKeyOf(
  collection: TrustedCollection,
  role: 'root' | TargetsRole,
  keys: Pick<SigningKeys, 'has'>,
): Promise<boolean> {
  const needed = keysOfRole(draftOf(collection), role)
  return needed !== undefined && hasOne(canonicalIDs(needed), keys)
}

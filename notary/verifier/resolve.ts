import { parentOf, parseTargetsRole } from '../tuf/role.ts'
import type { Delegation, TargetsRole } from '../tuf/types.ts'
import type { SignedTarget, TrustedCollection } from './types.ts'

/** Where docker looks for a tag: `targets/releases` before `targets`, and nowhere else. */
export const releaseRoles: readonly TargetsRole[] = [parseTargetsRole('targets/releases'), 'targets']

/**
 * What a name means, by the first of `roles` that has it. A role that may sign for the name but is not usable ends the search: what
 * it says is not known, and what comes after it may be older. Errors: what made the role unusable.
 */
export function resolveTarget(
  collection: TrustedCollection,
  name: string,
  roles: readonly TargetsRole[] = releaseRoles,
): SignedTarget | undefined {
  for (const role of roles) {
    if (!mayName(collection, role, name)) continue
    const problem = unusableOf(collection, role)
    if (problem !== undefined) throw problem
    const found = targetIn(collection, role, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** All roles that sign something under the name, in preorder. Those that are not usable are passed over. */
export function signaturesOf(collection: TrustedCollection, name: string): readonly SignedTarget[] {
  return rolesInOrder(collection).flatMap((role) =>
    mayName(collection, role, name) ? (targetIn(collection, role, name) ?? []) : [],
  )
}

/** All names that roles give to content, roles in preorder. `sha256` is the hash itself. */
export function namesOf(collection: TrustedCollection, sha256: Uint8Array): readonly SignedTarget[] {
  return rolesInOrder(collection).flatMap((role) => namesIn(collection, role, sha256))
}

/** All that a role lists and may list, in the order of the file. */
export function targetsIn(collection: TrustedCollection, role: TargetsRole): readonly SignedTarget[] {
  const names = collection.targets.get(role)?.signed.targets.keys() ?? []
  return [...names].flatMap((name) => (mayName(collection, role, name) ? (targetIn(collection, role, name) ?? []) : []))
}

/** Roles that are usable: each before those that it delegates to, these in its order of preference. */
export function rolesInOrder(collection: TrustedCollection): readonly TargetsRole[] {
  const order: TargetsRole[] = []
  const visit = (role: TargetsRole): void => {
    const file = collection.targets.get(role)
    if (file === undefined) return
    order.push(role)
    for (const { name } of file.signed.delegations.roles) visit(name)
  }
  visit('targets')
  return order
}

/** True when each role on the way to this one delegates names that begin like this. Nobody delegates `targets` itself. */
function mayName(collection: TrustedCollection, role: TargetsRole, name: string): boolean {
  if (role === 'targets') return true
  const parent = parentOf(role)
  const delegation = delegationIn(collection, parent, role)
  // What an unusable parent says of it is not known: the search ends at the parent.
  if (delegation === undefined) return unusableOf(collection, parent) !== undefined && mayName(collection, parent, name)
  return delegation.paths.some((path) => name.startsWith(path)) && mayName(collection, parent, name)
}

function delegationIn(collection: TrustedCollection, parent: TargetsRole, role: TargetsRole): Delegation | undefined {
  return collection.targets.get(parent)?.signed.delegations.roles.find(({ name }) => name === role)
}

/** Why a role, or one on the way to it, cannot be used. */
function unusableOf(collection: TrustedCollection, role: TargetsRole): Error | undefined {
  const own = collection.unusable.get(role)
  return own ?? (role === 'targets' ? undefined : unusableOf(collection, parentOf(role)))
}

function targetIn(collection: TrustedCollection, role: TargetsRole, name: string): SignedTarget | undefined {
  const target = collection.targets.get(role)?.signed.targets.get(name)
  return target && { name, target, role, keys: collection.signers.get(role) ?? new Set() }
}

function namesIn(collection: TrustedCollection, role: TargetsRole, sha256: Uint8Array): SignedTarget[] {
  const targets = collection.targets.get(role)?.signed.targets ?? []
  return [...targets].flatMap(([name, target]) =>
    target.sha256.equals(sha256) && mayName(collection, role, name) ? (targetIn(collection, role, name) ?? []) : [],
  )
}

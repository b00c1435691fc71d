import { releases } from '../../notary/client/plans/signers.ts'
import { baseRoles } from '../../notary/tuf/role.ts'
import type { BaseRole, KeyID, PublicKey, RoleKeys, RoleName, Targets, UnknownKey } from '../../notary/tuf/types.ts'
import { resolveTarget, rolesInOrder, signaturesOf, targetsIn } from '../../notary/verifier/resolve.ts'
import type { TrustedCollection } from '../../notary/verifier/types.ts'

/** A name that docker would pull. */
export interface DescribedTag {
  readonly name: string
  readonly digest: string
  /** Bytes of the manifest. */
  readonly size: number
  /** The role that docker takes it from. */
  readonly role: RoleName
  /** Delegations, by the last part of their names, and owners, who sign just that. */
  readonly signers: readonly string[]
}

export interface DescribedRole {
  readonly name: RoleName
  readonly threshold: number
  /** Canonical IDs; those of keys that are not known as they are in metadata. */
  readonly keys: readonly KeyID[]
  /** Of a delegation: beginnings of names that it may sign. */
  readonly paths?: readonly string[]
  readonly version?: number
  /** ISO 8601. */
  readonly expires?: string
  /** Why it does not count. */
  readonly problem?: string
}

/** A collection in plain data. */
export interface DescribedCollection {
  readonly name: string
  readonly tags: readonly DescribedTag[]
  readonly roles: readonly DescribedRole[]
}

/** What whoever signs is called where the owner of an image does it himself: docker's word. */
export const owner = 'Repo Admin'

/** What a collection says, of the names of `only` alone when they are given. */
export function describeCollection(collection: TrustedCollection, only?: readonly string[]): DescribedCollection {
  const wanted = (name: string): boolean => only === undefined || only.includes(name)
  const names = new Set(
    [releases, 'targets' as const].flatMap((role) => targetsIn(collection, role).map(({ name }) => name)),
  )
  return {
    name: collection.gun,
    tags: [...names]
      .filter(wanted)
      .toSorted()
      .flatMap((name) => describeTag(collection, name)),
    roles: [...baseRoles.map((role) => describeBase(collection, role)), ...describeDelegations(collection)],
  }
}

function describeTag(collection: TrustedCollection, name: string): DescribedTag[] {
  const found = usable(() => resolveTarget(collection, name))
  if (found === undefined) return []
  const same = signaturesOf(collection, name).filter(({ target }) => target.sha256.equals(found.target.sha256))
  const signers = same.flatMap(({ role }) =>
    role === 'targets' ? owner : role === releases ? [] : role.slice('targets/'.length),
  )
  const digest = `sha256:${found.target.sha256.toString('hex')}`
  return [{ name, digest, size: found.target.length, role: found.role, signers }]
}

/** A role that is not usable hides what it may sign: that is told of the role. */
function usable<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

function describeBase(collection: TrustedCollection, name: BaseRole): DescribedRole {
  const { roles, keys } = collection.root.signed
  const file = name === 'targets' ? collection.targets.get('targets') : collection[name]
  return { name, ...keysOf(roles[name], keys), ...(file !== undefined && timesOf(file.signed)) }
}

function describeDelegations(collection: TrustedCollection): readonly DescribedRole[] {
  return rolesInOrder(collection).flatMap((parent) => {
    const signed = collection.targets.get(parent)?.signed
    return signed === undefined
      ? []
      : signed.delegations.roles.map((role) => describeDelegation(collection, signed, role))
  })
}

function describeDelegation(
  collection: TrustedCollection,
  { delegations }: Targets,
  { name, paths, ...role }: Targets['delegations']['roles'][number],
): DescribedRole {
  const file = collection.targets.get(name)
  const problem = collection.unusable.get(name)?.message
  return {
    name,
    ...keysOf(role, delegations.keys),
    paths,
    ...(file !== undefined && timesOf(file.signed)),
    ...(problem !== undefined && { problem }),
  }
}

/** How many of which keys must sign in a role; keys by their canonical IDs, as the key store has them. */
export function keysOf(
  { keyIDs, threshold }: RoleKeys,
  known: ReadonlyMap<KeyID, PublicKey | UnknownKey>,
): Pick<DescribedRole, 'threshold' | 'keys'> {
  const ids = keyIDs.map((id) => {
    const key = known.get(id)
    return key === undefined || key.type === undefined ? id : key.canonicalID
  })
  return { threshold, keys: [...new Set(ids)] }
}

function timesOf({
  version,
  expires,
}: {
  readonly version: number
  readonly expires: number
}): Pick<DescribedRole, 'version' | 'expires'> {
  return { version, expires: new Date(expires).toISOString() }
}

import { IbuildError } from '../../../shared/base/errors.ts'
import { isDelegation } from '../../tuf/role.ts'
import type { DelegationName, KeyID, PublicKey } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import { directDelegations, keysOf } from '../changes/choose-roles.ts'
import type { Change } from '../changes/types.ts'

/** The role that docker pulls from, and that all signers sign. */
export const releases = roleOfSigner('releases')

/** The role in which a signer says what he signed, `targets/NAME`. Errors: ROLE_INVALID. */
export function roleOfSigner(name: string): DelegationName {
  const role = `targets/${name}`
  if (isDelegation(role) && !name.includes('/')) return role
  throw new IbuildError('ROLE_INVALID', `not the name of a signer: ${JSON.stringify(name.slice(0, 100))}`, {
    hint: 'Use lower-case letters, digits, - and _.',
  })
}

/** Whoever has one of the keys may sign all names, as `docker trust signer add` has it. Errors: ROLE_INVALID. */
export function addSigner(name: string, keys: readonly PublicKey[]): readonly Change[] {
  const role = roleOfSigner(name)
  if (role === releases) throw reserved()
  return [role, releases].map((each) => ({ kind: 'delegate', name: each, addKeys: keys, addPaths: [''] }))
}

export interface SignerRemoval {
  readonly changes: readonly Change[]
  /** True when nobody is left who could sign {@link releases}, so that it goes with all it signed. */
  readonly isLast: boolean
}

/**
 * What takes a signer out: his role, and those of his keys from {@link releases} that no other signer has. Errors: ROLE_INVALID;
 * TRUST_CHANGE_INVALID when there is no such signer.
 */
export function removeSigner(collection: TrustedCollection, name: string): SignerRemoval {
  const role = roleOfSigner(name)
  if (role === releases) throw reserved()
  const delegations = directDelegations(collection)
  const own = delegations.find((each) => each.name === role)
  if (own === undefined) throw noSuchSigner(collection, name)
  const keys = keysOf(collection, own)
  const released = delegations.find((each) => each.name === releases)
  const others = new Set(
    delegations
      .filter((each) => each.name !== role && each.name !== releases)
      .flatMap((each) => keysOf(collection, each)),
  )
  const gone = keys.filter((id) => !others.has(id))
  const left = released === undefined ? [] : keysOf(collection, released).filter((id) => !gone.includes(id))
  const isLast = released !== undefined && left.length < released.threshold
  return {
    isLast,
    changes: [{ kind: 'remove-delegation', name: role }, ...changesOfReleases(released !== undefined, isLast, gone)],
  }
}

function changesOfReleases(isThere: boolean, isLast: boolean, removeKeys: readonly KeyID[]): readonly Change[] {
  if (!isThere) return []
  return [isLast ? { kind: 'remove-delegation', name: releases } : { kind: 'delegate', name: releases, removeKeys }]
}

function reserved(): IbuildError {
  return new IbuildError('ROLE_INVALID', 'releases is the role that all signers sign, and no signer')
}

function noSuchSigner(collection: TrustedCollection, name: string): IbuildError {
  const names = directDelegations(collection).flatMap((each) =>
    each.name === releases ? [] : [each.name.slice('targets/'.length)],
  )
  return new IbuildError('TRUST_CHANGE_INVALID', `${collection.gun} has no signer ${name}`, {
    hint: names.length === 0 ? 'It has no signers at all.' : `Its signers are ${names.join(', ')}.`,
  })
}

import { IbuildError } from '../../../shared/base/errors.ts'
import type { TargetsRole } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import { hasKeyOf } from '../changes/choose-roles.ts'
import type { Change, SigningKeys } from '../changes/types.ts'

export interface RevocationWish {
  /** Undefined: all names. */
  readonly names: readonly string[] | undefined
  /** Undefined: all roles that sign one of the names. */
  readonly roles?: readonly TargetsRole[] | undefined
  readonly keys: Pick<SigningKeys, 'has'>
}

export interface Revocation {
  readonly changes: readonly Change[]
  /** Roles that sign one of the names still, because no key of theirs is here. */
  readonly remaining: readonly TargetsRole[]
}

/**
 * The changes that take names out of every role that signs them and whose keys are here: with one role left they would still be
 * pulled. Errors: TRUST_NOT_SIGNED for a name that no role signs; TRUST_INCOMPLETE when none of the keys is here.
 */
export async function changesToRevoke(collection: TrustedCollection, wish: RevocationWish): Promise<Revocation> {
  const listings = [...collection.targets].flatMap(([role, { signed }]) =>
    wish.roles === undefined || wish.roles.includes(role)
      ? [...signed.targets.keys()]
          .filter((name) => wish.names === undefined || wish.names.includes(name))
          .map((name) => ({ role, name }))
      : [],
  )
  refuseUnsigned(collection, wish, new Set(listings.map(({ name }) => name)))
  const roles = [...new Set(listings.map(({ role }) => role))]
  const own: TargetsRole[] = []
  for (const role of roles) if (await hasKeyOf(collection, role, wish.keys)) own.push(role)
  const remaining = roles.filter((role) => !own.includes(role))
  if (own.length === 0) throw noKey(collection, remaining)
  const changes = listings.filter(({ role }) => own.includes(role))
  return { changes: changes.map((each) => ({ kind: 'remove-target', ...each })), remaining }
}

function refuseUnsigned({ gun }: TrustedCollection, wish: RevocationWish, signed: ReadonlySet<string>): void {
  const missing = wish.names?.find((name) => !signed.has(name))
  if (missing === undefined && signed.size > 0) return
  const what = missing === undefined ? 'nothing is signed' : `${JSON.stringify(missing)} is not signed`
  const where = wish.roles === undefined ? '' : ` by ${wish.roles.join(', ')}`
  throw new IbuildError('TRUST_NOT_SIGNED', `${gun}: ${what}${where}`, {
    hint: 'See ibuild trust inspect for what is signed.',
  })
}

function noKey({ gun }: TrustedCollection, roles: readonly TargetsRole[]): IbuildError {
  return new IbuildError('TRUST_INCOMPLETE', `${gun}: it is signed by ${roles.join(', ')}, of which no key is here`, {
    hint: 'Load a key with ibuild trust key load, or ask those who signed it to revoke it.',
  })
}

import { applyChanges } from '../../notary/client/changes/apply.ts'
import type { Change } from '../../notary/client/changes/types.ts'
import { type Current, noCollection, type Plan } from '../../notary/client/publish.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import { type CreateOptions, collectionMaker } from './create.ts'
import type { TrustSession } from './session.ts'

/** Changes of a collection as it is; they are asked for again when others published meanwhile. */
export type Changes = readonly Change[] | ((current: Current) => Promise<readonly Change[]> | readonly Change[])

/** A plan for a collection that must be there. Errors of it: TRUST_NO_DATA, and those of `changes`. */
export function planToChange(gun: Gun, changes: Changes): Plan {
  return async (current) => {
    if (current === undefined) throw noCollection(gun)
    return applyChanges(current.draft, typeof changes === 'function' ? await changes(current) : changes)
  }
}

/** A plan for a collection that is made when it is not there. */
export function planToMakeAndChange(
  session: TrustSession,
  { gun, changes, create }: { readonly gun: Gun; readonly changes: readonly Change[]; readonly create?: CreateOptions },
): Plan {
  const made = collectionMaker(session, gun, create)
  return async (current) => applyChanges(current?.draft ?? (await made()), changes)
}

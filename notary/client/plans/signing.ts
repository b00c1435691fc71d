import type { TargetsRole } from '../../tuf/types.ts'
import type { TrustedCollection } from '../../verifier/types.ts'
import { rolesToSign } from '../changes/choose-roles.ts'
import type { Change, SigningKeys, TargetContent } from '../changes/types.ts'

export interface SigningWish {
  /** What each name is to stand for. */
  readonly targets: ReadonlyMap<string, TargetContent>
  /** Where to sign; as docker chooses when nothing is said. */
  readonly roles?: readonly TargetsRole[] | undefined
  readonly keys: Pick<SigningKeys, 'has'>
}

/** The changes that sign names in a collection. Errors: TRUST_INCOMPLETE when there is no key for any role that may. */
export async function changesToSign(
  collection: TrustedCollection | undefined,
  { targets, roles, keys }: SigningWish,
): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (const [name, target] of targets) {
    const chosen =
      roles ?? (collection === undefined ? (['targets'] as const) : await rolesToSign(collection, name, keys))
    changes.push(...chosen.map((role) => ({ kind: 'add-target', role, name, target }) as const))
  }
  return changes
}

import type { KeyID, RoleName } from '../tuf/types.ts'
import type { TrustedCollection } from '../verifier/types.ts'
import { rolesToSign } from './changes/choose-roles.ts'
import { draftOf } from './changes/draft.ts'
import { canonicalIDs, keysOfRole } from './changes/role-keys.ts'
import type { Draft, SigningKeys } from './changes/types.ts'
import { incomplete } from './publish.ts'

/**
 * Unlocks all keys with which names of a collection would be signed now, and those of a snapshot that is signed here. Errors:
 * TRUST_INCOMPLETE when they are too few, PASSPHRASE_MISSING, PASSPHRASE_WRONG, KEY_INVALID.
 */
export async function checkSigning(
  collection: TrustedCollection,
  names: readonly string[],
  keys: SigningKeys,
): Promise<void> {
  const draft = draftOf(collection)
  const roles = new Set<RoleName>()
  for (const name of names) for (const role of await rolesToSign(collection, name, keys)) roles.add(role)
  for (const role of roles) await checkRole(draft, role, keys)
  await unlockedOf(draft, 'snapshot', keys)
}

async function checkRole(draft: Draft, role: RoleName, keys: SigningKeys): Promise<void> {
  const { unlocked, others, threshold } = await unlockedOf(draft, role, keys)
  const missing = threshold - unlocked
  if (missing > 0) throw incomplete(draft.gun, { role, missing, keys: others, isStale: false })
}

interface KeysAtHand {
  /** How many of the role's keys are here. */
  readonly unlocked: number
  /** Canonical IDs of the others. */
  readonly others: readonly KeyID[]
  readonly threshold: number
}

async function unlockedOf(draft: Draft, role: RoleName, keys: SigningKeys): Promise<KeysAtHand> {
  const signers = keysOfRole(draft, role)
  if (signers === undefined) return { unlocked: 0, others: [], threshold: 1 }
  const others: KeyID[] = []
  const all = canonicalIDs(signers)
  for (const id of all) if ((await keys.unlock(id)) === undefined) others.push(id)
  return { unlocked: all.size - others.length, others, threshold: signers.threshold }
}

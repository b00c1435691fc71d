import type { KeyID } from '../../tuf/types.ts'
import type { SigningKeys } from './types.ts'

/** Whether one of the keys, by their canonical IDs, is at hand. */
export async function hasOne(canonicalIDs: Iterable<KeyID>, keys: Pick<SigningKeys, 'has'>): Promise<boolean> {
  for (const id of canonicalIDs) if (await keys.has(id)) return true
  return false
}

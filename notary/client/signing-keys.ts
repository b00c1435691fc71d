import { unlockKey } from '../keys/key-ring.ts'
import type { KeyRing } from '../keys/types.ts'
import type { KeyID, SigningKey } from '../tuf/types.ts'
import type { SigningKeys } from './changes/types.ts'

/** The keys of a store; each is unlocked once, when it is first needed. */
export function signingKeys(ring: KeyRing): SigningKeys {
  const unlocked = new Map<KeyID, SigningKey>()
  const has = async (id: KeyID): Promise<boolean> => (await ring.store.find(id)) !== undefined
  return {
    has,
    async unlock(id) {
      const known = unlocked.get(id)
      if (known !== undefined) return known
      if (!(await has(id))) return undefined
      const key = await unlockKey(ring, id)
      unlocked.set(id, key)
      return key
    },
  }
}

import type { KeyID } from '../tuf/types.ts'
import { byID, storedKey } from './stored-key.ts'
import type { KeyStore } from './types.ts'

/** Keys that are gone with the process. */
export function createMemoryKeyStore(): KeyStore {
  const files = new Map<KeyID, string>()
  return {
    list: async () => [...files].flatMap(([id, text]) => storedKey(id, text) ?? []).sort(byID),
    find: async (id) => storedKey(id, files.get(id)),
    read: async (id) => files.get(id),
    write: async (id, pem) => {
      files.set(id, pem)
    },
    remove: async (id) => files.delete(id),
  }
}

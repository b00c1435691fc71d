import type { KeyID } from '../tuf/types.ts'
import { readKeyFiles } from './key-file.ts'
import type { KeyUse, StoredKey } from './types.ts'

/** What a file tells of its key; `place` is what its place says beside. Undefined when it holds none. */
export function storedKey(id: KeyID, text: string | undefined, place?: KeyUse): StoredKey | undefined {
  const [file] = text === undefined ? [] : readKeyFiles(text)
  if (file === undefined) return undefined
  return { id, role: file.role ?? place?.role, gun: file.gun ?? place?.gun, isEncrypted: file.isEncrypted }
}

/** For sorting. */
export function byID(a: StoredKey, b: StoredKey): number {
  return a.id < b.id ? -1 : 1
}

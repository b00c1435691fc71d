import { mostKeyFile } from '../../../notary/keys/key-file.ts'
import { importKeys } from '../../../notary/keys/key-ring.ts'
import type { KeyRing, KeyUse, UnlockedKey } from '../../../notary/keys/types.ts'
import { namingFile, readTextFile } from './read-text-file.ts'

/** Stores the keys of a file that a user names. Errors: USAGE; those of `importKeys`. */
export async function importKeyFile(ring: KeyRing, file: string, use: KeyUse): Promise<readonly UnlockedKey[]> {
  try {
    return await importKeys(ring, readTextFile(file, mostKeyFile), use)
  } catch (error) {
    throw namingFile(error, file)
  }
}

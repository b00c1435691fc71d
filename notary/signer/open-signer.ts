import { join } from 'node:path'
import { type LevelRowsOptions, openLevelRows } from '../../shared/rows/level-rows.ts'
import { type LocalSigner, type LocalSignerOptions, openLocalSigner } from './local-signer.ts'
import { ownKeyFile, ownKeyFileOf, readSecret, type SecretSource } from './read-secret.ts'
import { masterRow, signerDatabase } from './rows.ts'

export interface SignerFolderOptions
  extends Omit<LevelRowsOptions, 'folder'>,
    Omit<LocalSignerOptions, 'rows' | 'secret'>,
    SecretSource {
  /**
   * ```
   * rows/      a database: keys, sealed
   * signer.key what unlocks them, when nothing else was configured
   * ```
   */
  readonly folder: string
}

/**
 * Opens the signer whose keys lie in a folder, or begins one there. Errors: SIGNER_INVALID when what locked the keys is not what
 * the configuration names, and as of {@link openLevelRows}.
 */
export async function openSignerFolder(options: SignerFolderOptions): Promise<LocalSigner> {
  const { folder, ...others } = options
  const named = await readSecret(options, options.onNotice)
  const rows = await openLevelRows(signerDatabase, { ...others, folder: join(folder, 'rows') })
  try {
    const isNew = (await rows.get(masterRow.key())) === undefined
    const secret = named ?? (await ownKeyFile(ownKeyFileOf(folder), isNew, options.onNotice))
    return await openLocalSigner({ ...others, rows, secret })
  } catch (error) {
    await rows.close()
    throw error
  }
}

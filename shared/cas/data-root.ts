import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { makeFolders, syncPath } from './disk.ts'

/**
 * Makes the data folder where there is none, for its owner alone, and waits until the names that lead to it are on the disk:
 * else a power cut could take it away with all that was acknowledged. Errors: STORE_INVALID when it
 * cannot be a folder that this process may write to.
 */
export async function makeDataRoot(root: string): Promise<void> {
  const missing: string[] = []
  try {
    for (let folder = root; !isThere(folder); folder = dirname(folder)) missing.push(folder)
    makeFolders(root, 0o700)
    for (const folder of missing) await syncPath(dirname(folder))
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new IbuildError(
      'STORE_INVALID',
      `${root} cannot be the data folder (${errnoOf(cause) ?? 'unknown reason'})`,
      {
        hint: 'Name a folder that this user may make or write to with --root.',
        cause,
      },
    )
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

import { IbuildError } from '../../shared/base/errors.ts'
import { workFolders } from './work-folder.ts'

/** What the folder is called in which a data folder is restored, before the name of the process. */
export const restoringPrefix = 'restoring'

/**
 * Refuses a data folder into which a backup is being restored, or was by a process that was killed. STORE_INVALID. To be
 * asked where there is no registry yet.
 */
export async function refuseUnfinishedRestore(root: string): Promise<void> {
  const [found] = await workFolders(root, restoringPrefix)
  if (found === undefined) return
  const what = found.isAlive ? 'a backup is being restored into' : 'a restore did not come to its end in'
  throw new IbuildError('STORE_INVALID', `${what} ${root}`, {
    hint: found.isAlive ? 'Wait until it has ended.' : 'Restore again, into the same folder; or remove what is in it.',
  })
}

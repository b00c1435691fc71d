import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { makeFolders } from '../../shared/cas/disk.ts'

/** Makes a folder that a user has named, and those above it, for its owner alone. Errors: USAGE, DISK_FULL is left to the caller. */
export function makeOwnFolder(folder: string): void {
  try {
    makeFolders(folder, 0o700)
  } catch (cause) {
    const errno = errnoOf(cause)
    if (errno === undefined || errno === 'ENOSPC' || errno === 'EDQUOT') throw cause
    const why = errno === 'EEXIST' || errno === 'ENOTDIR' ? 'it is not a folder' : errno
    throw new IbuildError('USAGE', `cannot write to ${folder}: ${why}`, {
      hint: 'Name a new folder, or one that you may write to.',
      cause,
    })
  }
}

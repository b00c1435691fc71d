import type { RoleName } from '../tuf/types.ts'
import type { CheckTerms } from './check-common.ts'
import { conflict, invalidUpdate } from './publish-error.ts'
import { validationNameOf } from './uploads.ts'

/**
 * Checks the version of a role that is uploaded against the last one. VERSION when that is not older: somebody else published
 * meanwhile. INVALID_UPDATE for one that leaps ahead: nobody could ever come back from the highest of all.
 */
export function checkVersion(role: RoleName, version: number, last: number, { limits }: CheckTerms): void {
  if (version <= last) {
    const state =
      version === last ? `${role} version ${last}` : `${role} version ${last}, which is newer than ${version},`
    throw conflict(`publish conflict: ${state} was published meanwhile; nothing was changed: run the command again`)
  }
  if (version <= last + limits.versionStep) return
  const most = last + limits.versionStep
  throw invalidUpdate(
    validationNameOf(role),
    `${role} version ${version} is too far ahead of ${last}: ${most} is the most`,
  )
}

import { setTimeout as sleep } from 'node:timers/promises'
import { isIbuildError } from '../../shared/base/errors.ts'

/** Milliseconds in which another command, or a server that starts or ends, is waited for. */
const patience = 5000

/**
 * Asks the owner of files, or opens them: again for a while when they belong to another process that does not answer. Errors: those of
 * `reach`, SERVER_BUSY too in the end.
 */
export async function whileBusy<T>(reach: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + patience; ; await sleep(100)) {
    try {
      return await reach()
    } catch (error) {
      if (Date.now() >= end || !isIbuildError(error, 'SERVER_BUSY')) throw error
    }
  }
}

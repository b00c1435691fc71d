import { isIbuildError } from '../../shared/base/errors.ts'

/** What a shell exits with when it does not find a command, or may not execute it. */
export type StartFailureCode = 126 | 127

/**
 * Tells why the runtime could not start the command itself: 127, it is not there; 126, it is there but cannot be executed.
 * Undefined for all other errors. Read from the messages of runc and crun, which have no codes.
 */
export function startFailureCode(error: unknown): StartFailureCode | undefined {
  if (!isIbuildError(error, 'RUNTIME_FAILED')) return undefined
  if (/\bexec(?:utable)?\b.*(?:not found|no such file)/is.test(error.message)) return 127
  const denied = /\bexec(?:utable)?\b.*(?:permission denied|not permitted|is a directory|exec format)/is
  return denied.test(error.message) ? 126 : undefined
}

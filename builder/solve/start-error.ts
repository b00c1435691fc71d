import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { startFailureCode } from '../exec/start-failure.ts'
import type { RunStep } from '../plan/types.ts'

/**
 * An error of the runtime as the user should see it: with its place in the Dockerfile, and RUN_FAILED with a shell's exit
 * code (127, 126) when it was the command itself that could not be started. Other errors as they are.
 */
export function startError({ args, location }: RunStep, error: unknown): unknown {
  if (!isIbuildError(error, 'RUNTIME_FAILED')) return error
  const { message, hint } = error
  const exitCode = startFailureCode(error)
  if (exitCode === undefined) {
    return new IbuildError('RUNTIME_FAILED', message, { location, cause: error, ...(hint !== undefined && { hint }) })
  }
  const what = exitCode === 127 ? 'was not found' : 'cannot be executed'
  return new IbuildError('RUN_FAILED', `the command ${what} (exit code ${exitCode}): ${message}`, {
    location,
    cause: error,
    hint: `${JSON.stringify(args[0] ?? '')} must be an executable file of the image, named by its path or found in PATH.`,
  })
}

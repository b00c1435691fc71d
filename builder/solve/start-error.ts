import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import { startFailure } from '../exec/start-failure.ts'
import type { RunStep } from '../plan/types.ts'

interface FailedStart {
  readonly step: RunStep
  /** What the image of the stage is for. */
  readonly platform: Platform
}

/**
 * An error of the runtime as the user should see it: with its place in the Dockerfile, and RUN_FAILED with a shell's exit
 * code (127, 126) when it was the command itself that could not be started. Other errors as they are.
 */
export function startError({ step, platform }: FailedStart, error: unknown): unknown {
  const { args, location } = step
  if (!isIbuildError(error, 'RUNTIME_FAILED')) return error
  const { message, hint } = error
  const failure = startFailure(error, { program: args[0] ?? '', platform })
  if (failure === undefined) {
    return new IbuildError('RUNTIME_FAILED', message, { location, cause: error, ...(hint !== undefined && { hint }) })
  }
  const { what, exitCode } = failure
  const text = `the command ${what} (exit code ${exitCode}): ${message}`
  return new IbuildError('RUN_FAILED', text, { location, cause: error, hint: failure.hint })
}

import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

/** Runs work for an instruction: errors of it that have no place in the Dockerfile get this one. */
export async function located<T>(location: SourceLocation, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof IbuildError) || error.location !== undefined) throw error
    const { code, message, hint, cause } = error
    throw new IbuildError(code, message, { location, cause, ...(hint !== undefined && { hint }) })
  }
}

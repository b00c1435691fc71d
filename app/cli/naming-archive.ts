import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'

/** An error in an archive, with the file that the command line names; any other error, and one of stdin, as it is. */
export function namingArchive(error: unknown, file: string): unknown {
  if (file === '-' || !isIbuildError(error, 'ARCHIVE_INVALID', 'ARCHIVE_UNSAFE')) return error
  const { code, message, hint, cause } = error
  return new IbuildError(code, `${file}: ${message}`, { cause, ...(hint !== undefined && { hint }) })
}

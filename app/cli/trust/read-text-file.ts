import { readFileSync, statSync } from 'node:fs'
import { errnoOf, IbuildError, isIbuildError } from '../../../shared/base/errors.ts'

/** The text of a file that a user names. Errors: USAGE for one that cannot be read, or is larger than `most` bytes. */
export function readTextFile(file: string, most: number): string {
  try {
    const { size } = statSync(file)
    if (size <= most) return readFileSync(file, 'utf8')
    throw new IbuildError('USAGE', `${file} has ${size} bytes, more than ${most}`)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    throw new IbuildError('USAGE', `${file} cannot be read (${errnoOf(error)})`, { cause: error })
  }
}

/** Reads what is in a file that a user names; errors in it name the file. Errors: those of `readTextFile` and of `read`. */
export function readFileAs<T>(file: string, most: number, read: (text: string) => T): T {
  const text = readTextFile(file, most)
  try {
    return read(text)
  } catch (error) {
    throw namingFile(error, file)
  }
}

/** An error in what a file holds, with its name; any other error as it is. */
export function namingFile(error: unknown, file: string): unknown {
  if (!isIbuildError(error, 'KEY_INVALID', 'TRUST_PENDING_INVALID')) return error
  const { code, message, hint, cause } = error
  return new IbuildError(code, `${file}: ${message}`, { cause, ...(hint !== undefined && { hint }) })
}

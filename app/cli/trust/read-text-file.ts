import { readFileSync, statSync } from 'node:fs'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'

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

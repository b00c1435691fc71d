import { writeFileSync } from 'node:fs'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'

/** Writes a file that must not be there. Errors: USAGE when it is, or cannot be written. */
export function writeNewFile(file: string, text: string, mode: number): void {
  try {
    writeFileSync(file, text, { mode, flag: 'wx' })
  } catch (error) {
    const code = errnoOf(error)
    if (code === undefined) throw error
    const problem = code === 'EEXIST' ? 'is there already' : `cannot be written (${code})`
    throw new IbuildError('USAGE', `${file} ${problem}`, { cause: error })
  }
}

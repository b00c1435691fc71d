import { existsSync } from 'node:fs'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { commands } from './command-table.ts'

/**
 * The error of a build whose context may be a command's name with a slip: then its hint names the command. Any other error
 * as it is.
 */
export function meantCommand(word: string, error: unknown): unknown {
  if (!isIbuildError(error, 'USAGE', 'CONTEXT_INVALID') || existsSync(word)) return error
  const similar = suggest(word, Object.keys(commands))
  if (similar === undefined) return error
  return new IbuildError(error.code, error.message, { hint: `Did you mean ibuild ${similar}?`, cause: error.cause })
}

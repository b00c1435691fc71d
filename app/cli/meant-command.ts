import { existsSync } from 'node:fs'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { commands } from './command-table.ts'

/** The error of a word that stands for a command and is none. */
export function noSuchCommand(word: string): IbuildError {
  const similar = suggest(word, Object.keys(commands))
  return new IbuildError('USAGE', `there is no command ${JSON.stringify(word)}`, {
    ...(similar !== undefined && { hint: `Did you mean ibuild ${similar}?` }),
  })
}

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

import { existsSync } from 'node:fs'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { commands } from './command-table.ts'
import { commandAdvice } from './docker-words.ts'
import { withHelp, withHint } from './usage-help.ts'

/** The error of a word that stands for a command and is none. */
export function noSuchCommand(word: string): IbuildError {
  const hint = adviceOn(word)
  return new IbuildError('USAGE', `there is no command ${JSON.stringify(word)}`, {
    ...(hint !== undefined && { hint }),
  })
}

function adviceOn(word: string): string | undefined {
  const similar = suggest(word, Object.keys(commands))
  return commandAdvice(word) ?? (similar === undefined ? undefined : `Did you mean ibuild ${similar}?`)
}

/**
 * The error of a command, with the word that is no command's name when the line starts with one: a build whose context may
 * be such a name with a slip gets a hint on the command, wrong usage without a better hint one on the help. Any other error
 * as it is.
 */
export function withAdvice(error: unknown, { name, word }: { readonly name: string; readonly word?: string }): unknown {
  if (!isIbuildError(error, 'USAGE', 'CONTEXT_INVALID')) return error
  const advice = word === undefined || word.startsWith('-') || existsSync(word) ? undefined : adviceOn(word)
  return advice === undefined ? withHelp(error, name) : withHint(error, advice)
}

import { IbuildError, isIbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { quote, syntaxError } from './fail.ts'
import { checkTrigger } from './instructions/onbuild.ts'
import { parseInstruction } from './instructions/table.ts'
import { LineReader } from './lines.ts'
import { nextStatement } from './read-statement.ts'
import { maxBytes } from './text.ts'
import type { Instruction } from './types.ts'
import type { EscapeCharacter } from './words.ts'

/** How an ONBUILD trigger of a base image is read. */
export interface TriggerOptions {
  readonly escape: EscapeCharacter
  /** The FROM that fires it: errors and the instruction point there. */
  readonly location: SourceLocation
}

/**
 * Parses an ONBUILD trigger as an image config holds it, heredoc bodies included. It must be exactly one instruction
 * that can be a trigger. Errors: DOCKERFILE_SYNTAX and NOT_SUPPORTED; their messages name the trigger.
 */
export function parseTrigger(text: string, options: TriggerOptions): Instruction {
  try {
    return parseOne(text, options)
  } catch (error) {
    if (!isIbuildError(error)) throw error
    const { code, message, hint, location } = error
    throw new IbuildError(code, `in the ONBUILD trigger ${quote(text)}: ${message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      ...(location === undefined ? {} : { location }),
    })
  }
}

function parseOne(text: string, { escape, location }: TriggerOptions): Instruction {
  if (text.length > maxBytes) throw syntaxError(`longer than ${maxBytes} characters`, location)
  const reader = new LineReader(text)
  const options = { escape, file: location.file, brokenLines: new Set<number>(), warnings: [], location }
  const statement = nextStatement(reader, options)
  if (statement === undefined) throw syntaxError('no instruction', location)
  checkTrigger(statement)
  const instruction = parseInstruction(statement)
  if (nextStatement(reader, options) !== undefined) throw syntaxError('more than one instruction', location)
  return instruction
}

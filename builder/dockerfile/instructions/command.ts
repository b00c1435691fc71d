import { syntaxError } from '../fail.ts'
import { parseFlags } from '../flags.ts'
import { parseJsonArray } from '../json-array.ts'
import type { HeredocBody, Statement } from '../statement.ts'
import type { CommandInstruction, CommandLine, Heredoc, ShellInstruction } from '../types.ts'

/** Exec form when the arguments are a JSON array of strings, else shell form: also for JSON that does not parse. */
export function parseCommandLine({ args, heredocs, location }: Statement): CommandLine {
  const words = parseJsonArray(args, location)
  if (words !== undefined) return { form: 'exec', args: words }
  return { form: 'shell', text: args, heredocs: heredocs.map(withoutRaw) }
}

/** The heredoc as later rooms see it. */
export function withoutRaw({ name, content, expand, fd, chomp }: HeredocBody): Heredoc {
  return { name, content, expand, fd, chomp }
}

/** CMD and ENTRYPOINT; `[]` is an exec form without arguments and clears what was set. */
export function parseCommand(statement: Statement, kind: 'CMD' | 'ENTRYPOINT'): CommandInstruction {
  parseFlags(statement)
  const { location, source } = statement
  return { kind, location, source, command: parseCommandLine(statement) }
}

/** SHELL: a JSON array with one element or more. */
export function parseShell(statement: Statement): ShellInstruction {
  parseFlags(statement)
  const { location, source } = statement
  const args = parseJsonArray(statement.args, location)
  if (statement.args === '' || args?.length === 0) throw syntaxError('SHELL requires at least one argument', location)
  if (args === undefined) {
    throw syntaxError(
      'SHELL requires the arguments to be in JSON form',
      location,
      'For example: SHELL ["/bin/sh", "-c"]',
    )
  }
  return { kind: 'SHELL', location, source, args }
}

import { isIbuildError } from '../../../shared/base/errors.ts'
import { syntaxError } from '../fail.ts'
import { parseFlags } from '../flags.ts'
import { checkHead, type Statement, splitHead } from '../statement.ts'
import type { Instruction, OnbuildInstruction } from '../types.ts'

const forbidden: ReadonlySet<string> = new Set(['FROM', 'MAINTAINER'])

/** Refuses what a trigger cannot be. */
export function checkTrigger({ keyword, location }: Statement): void {
  if (keyword === 'ONBUILD') {
    throw syntaxError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", location)
  }
  if (forbidden.has(keyword)) throw syntaxError(`${keyword} isn't allowed as an ONBUILD trigger`, location)
}

/**
 * ONBUILD instruction. The trigger is kept as text and must parse; what this program cannot run yet is no error here,
 * because only the build that fires it runs it.
 */
export function parseOnbuild(statement: Statement, parseInner: (inner: Statement) => Instruction): OnbuildInstruction {
  const { args, location, source } = statement
  if (args === '') throw syntaxError('ONBUILD requires at least one argument', location)
  parseFlags(statement)
  const head = splitHead(args, statement.escape)
  checkHead(head, location)
  const inner: Statement = { ...statement, ...head, source: args, warn: () => undefined }
  checkTrigger(inner)
  try {
    parseInner(inner)
  } catch (error) {
    if (!isIbuildError(error, 'NOT_SUPPORTED')) throw error
  }
  return { kind: 'ONBUILD', location, source, trigger: triggerText(statement) }
}

/** The instruction up to the end of its line, then each heredoc body as written and its terminator. */
function triggerText({ line, source, args, heredocs }: Statement): string {
  const end = line.lastIndexOf(source) + source.length
  return [line.slice(end - args.length), ...heredocs.map(({ raw, name }) => raw + name)].join('\n')
}

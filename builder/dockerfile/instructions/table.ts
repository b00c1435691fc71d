import { suggest } from '../../../shared/base/suggest.ts'
import { didYouMean, excerpt, syntaxError } from '../fail.ts'
import type { Statement } from '../statement.ts'
import type { Instruction } from '../types.ts'
import { parseCommand, parseShell } from './command.ts'
import { parseAdd, parseCopy } from './copy.ts'
import { parseHealthcheck } from './healthcheck.ts'
import { parseArg, parseKeyValue } from './key-value.ts'
import { parseOnbuild } from './onbuild.ts'
import { parseRun } from './run.ts'
import { parseExpose, parseVolume, parseWord } from './word.ts'

const table = new Map<string, (statement: Statement) => Instruction>([
  ['ADD', parseAdd],
  ['ARG', parseArg],
  ['CMD', (statement) => parseCommand(statement, 'CMD')],
  ['COPY', parseCopy],
  ['ENTRYPOINT', (statement) => parseCommand(statement, 'ENTRYPOINT')],
  ['ENV', (statement) => parseKeyValue(statement, 'ENV')],
  ['EXPOSE', parseExpose],
  ['HEALTHCHECK', parseHealthcheck],
  ['LABEL', (statement) => parseKeyValue(statement, 'LABEL')],
  ['MAINTAINER', (statement) => parseWord(statement, 'MAINTAINER')],
  ['ONBUILD', (statement) => parseOnbuild(statement, parseInstruction)],
  ['RUN', parseRun],
  ['SHELL', parseShell],
  ['STOPSIGNAL', (statement) => parseWord(statement, 'STOPSIGNAL')],
  ['USER', (statement) => parseWord(statement, 'USER')],
  ['VOLUME', parseVolume],
  ['WORKDIR', (statement) => parseWord(statement, 'WORKDIR')],
])

/** Parses any instruction but FROM. An unknown keyword is DOCKERFILE_SYNTAX. */
export function parseInstruction(statement: Statement): Instruction {
  const parse = table.get(statement.keyword)
  if (parse !== undefined) return parse(statement)
  const near = suggest(statement.keyword, ['FROM', ...table.keys()])
  const spelled = statement.written === statement.written.toLowerCase() ? near?.toLowerCase() : near
  const message = `unknown instruction: ${excerpt(statement.written)}${didYouMean(spelled)}`
  throw syntaxError(
    message,
    statement.location,
    near === undefined
      ? `If it continues the line above, that line needs a ${statement.escape} at its end.`
      : undefined,
  )
}

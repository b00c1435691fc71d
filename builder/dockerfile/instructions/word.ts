import { syntaxError } from '../fail.ts'
import { parseFlags } from '../flags.ts'
import { parseJsonArray } from '../json-array.ts'
import type { Statement } from '../statement.ts'
import type { WordInstruction, WordsInstruction } from '../types.ts'
import { splitBlank, trimSpace } from '../words.ts'
import { warnIgnoredFlags } from './ignored-flags.ts'

/** USER, WORKDIR, STOPSIGNAL and MAINTAINER: the rest of the line is the one argument, white space included. */
export function parseWord(statement: Statement, kind: WordInstruction['kind']): WordInstruction {
  const { args: value, location, source } = statement
  if (value === '') throw syntaxError(`${kind} requires exactly one argument`, location)
  if (kind === 'STOPSIGNAL') warnIgnoredFlags(statement)
  else parseFlags(statement)
  if (kind === 'MAINTAINER') {
    statement.warn('MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label')
  }
  return { kind, location, source, value }
}

/** EXPOSE port[/protocol]... */
export function parseExpose(statement: Statement): WordsInstruction {
  const { args, location, source } = statement
  const values = splitBlank(args)
  if (values.length === 0) throw syntaxError('EXPOSE requires at least one argument', location)
  parseFlags(statement)
  return { kind: 'EXPOSE', location, source, values }
}

/** VOLUME path..., in words or as a JSON array. */
export function parseVolume(statement: Statement): WordsInstruction {
  const { args, location, source } = statement
  const values = (parseJsonArray(args, location) ?? splitBlank(args)).map(trimSpace)
  if (values.length === 0) throw syntaxError('VOLUME requires at least one argument', location)
  parseFlags(statement)
  if (values.includes('')) throw syntaxError('VOLUME specified can not be an empty string', location)
  return { kind: 'VOLUME', location, source, values }
}

import { quote, syntaxError } from '../fail.ts'
import { parseFlags } from '../flags.ts'
import type { Statement } from '../statement.ts'
import type { ArgInstruction, KeyValue, KeyValueInstruction } from '../types.ts'
import { splitQuoted } from '../words.ts'
import { warnIgnoredFlags } from './ignored-flags.ts'

/** ENV and LABEL: `key=value...`, or the old `key value` with one pair whose value is the rest of the line. */
export function parseKeyValue(statement: Statement, kind: 'ENV' | 'LABEL'): KeyValueInstruction {
  parseFlags(statement)
  const { args, escape, location, source } = statement
  const words = splitQuoted(args, escape)
  const [first] = words
  if (first === undefined) throw syntaxError(`${kind} requires at least one argument`, location)
  const pairs = first.includes('=') ? words.map((word) => parsePair(word, statement)) : [parseLegacy(statement, kind)]
  if (pairs.some(({ key }) => key === '')) throw syntaxError(`${kind} names can not be blank`, location)
  return { kind, location, source, pairs }
}

function parsePair(word: string, { keyword, location }: Statement): KeyValue {
  const equals = word.indexOf('=')
  if (equals < 0) {
    const message = `can't find = in ${quote(word)}: ${keyword} takes name=value`
    throw syntaxError(message, location, 'Quote a value that has spaces: name="a b".')
  }
  return { key: word.slice(0, equals), value: word.slice(equals + 1) }
}

function parseLegacy({ args, location, warn }: Statement, kind: 'ENV' | 'LABEL'): KeyValue {
  const [whole, key] = /^([^\t\v\f\r ]+)[\t\v\f\r ]+/.exec(args) ?? []
  if (whole === undefined || key === undefined) throw syntaxError(`${kind} must have two arguments`, location)
  warn('LegacyKeyValueFormat', `"${kind} key=value" should be used instead of legacy "${kind} key value" format`)
  return { key, value: args.slice(whole.length) }
}

/** ARG name[=default]... */
export function parseArg(statement: Statement): ArgInstruction {
  warnIgnoredFlags(statement)
  const { args, escape, location, source } = statement
  const words = splitQuoted(args, escape)
  if (words.length === 0) throw syntaxError('ARG requires at least one argument', location)
  return { kind: 'ARG', location, source, args: words.map((word) => parseArgWord(word, location)) }
}

function parseArgWord(word: string, location: Statement['location']): ArgInstruction['args'][number] {
  const equals = word.indexOf('=')
  if (equals === 0) throw syntaxError('ARG names can not be blank', location)
  return equals < 0 ? { key: word, value: undefined } : { key: word.slice(0, equals), value: word.slice(equals + 1) }
}

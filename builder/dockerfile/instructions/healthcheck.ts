import { parseDuration } from '../duration.ts'
import { quote, syntaxError } from '../fail.ts'
import { type Flags, parseFlags } from '../flags.ts'
import { parseJsonArray } from '../json-array.ts'
import type { Statement } from '../statement.ts'
import type { HealthcheckInstruction } from '../types.ts'
import { trimStart } from '../words.ts'
import { warnIgnoredFlags } from './ignored-flags.ts'

const known = {
  interval: 'string',
  timeout: 'string',
  'start-period': 'string',
  'start-interval': 'string',
  retries: 'string',
} as const
const millisecond = 1_000_000

/** HEALTHCHECK NONE, or HEALTHCHECK [--interval --timeout --start-period --start-interval --retries] CMD command. */
export function parseHealthcheck(statement: Statement): HealthcheckInstruction {
  const { args, location } = statement
  const word = /^\S*/.exec(args)?.[0] ?? ''
  const rest = trimStart(args.slice(word.length))
  if (word === '') throw syntaxError('HEALTHCHECK requires at least one argument', location)
  const type = word.toUpperCase()
  if (type === 'NONE') return parseNone(statement, rest)
  const flags = parseFlags(statement, known)
  if (type !== 'CMD') throw syntaxError(`Unknown type ${quote(word)} in HEALTHCHECK (try CMD)`, location)
  return build(statement, parseTest(rest, location), {
    interval: interval(flags, 'interval', location),
    timeout: interval(flags, 'timeout', location),
    startPeriod: interval(flags, 'start-period', location),
    startInterval: interval(flags, 'start-interval', location),
    retries: retries(flags, location),
  })
}

type Timing = Pick<HealthcheckInstruction, 'interval' | 'timeout' | 'startPeriod' | 'startInterval' | 'retries'>

function parseNone(statement: Statement, rest: string): HealthcheckInstruction {
  if (rest !== '') throw syntaxError('HEALTHCHECK NONE takes no arguments', statement.location)
  warnIgnoredFlags(statement, 'HEALTHCHECK NONE')
  return build(statement, ['NONE'], { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 })
}

function build({ location, source }: Statement, test: readonly string[], timing: Timing): HealthcheckInstruction {
  return { kind: 'HEALTHCHECK', location, source, test, ...timing }
}

function parseTest(rest: string, location: Statement['location']): string[] {
  const exec = parseJsonArray(rest, location)
  if (rest === '' || exec?.length === 0) throw syntaxError('Missing command after HEALTHCHECK CMD', location)
  return exec === undefined ? ['CMD-SHELL', rest] : ['CMD', ...exec]
}

function interval(flags: Flags, name: string, location: Statement['location']): number {
  const text = flags.text(name)
  if (text === undefined || text === '') return 0
  const value = parseDuration(text)
  if (value === undefined) {
    throw syntaxError(`invalid duration ${quote(text)} for --${name}`, location, 'Write it like 30s, 1m30s or 500ms.')
  }
  if (value !== 0 && value < millisecond) throw syntaxError(`--${name} cannot be less than 1ms`, location)
  return value
}

function retries(flags: Flags, location: Statement['location']): number {
  const text = flags.text('retries')
  if (text === undefined || text === '') return 0
  const value = Number(text)
  if (!/^[+-]?\d{1,10}$/.test(text) || value > 0x7fffffff) {
    throw syntaxError(`--retries must be a whole number, not ${quote(text)}`, location)
  }
  if (value < 0) throw syntaxError(`--retries cannot be negative (${value})`, location)
  return Math.abs(value)
}

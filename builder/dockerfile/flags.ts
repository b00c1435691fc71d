import { suggest } from '../../shared/base/suggest.ts'
import { didYouMean, excerpt, syntaxError } from './fail.ts'
import type { Statement } from './statement.ts'

/** `bool` is bare or `=true|false`; `string` and `list` need `=value`; only a `list` may be repeated. */
export type FlagKind = 'bool' | 'string' | 'list'

export interface Flags {
  /** Value of a string flag, undefined when it is not given. */
  text(name: string): string | undefined
  /** Value of a bool flag, undefined when it is not given. */
  bool(name: string): boolean | undefined
  list(name: string): readonly string[]
}

/** Checks the flags of an instruction against those that it knows. Anything else is DOCKERFILE_SYNTAX. */
export function parseFlags(statement: Statement, known: Readonly<Record<string, FlagKind>> = {}): Flags {
  const values = new Map<string, string[]>()
  for (const flag of statement.flags) {
    const { name, value } = parseFlag(flag, known, statement)
    const earlier = values.get(name)
    if (earlier === undefined) values.set(name, [value])
    else if (known[name] === 'list') earlier.push(value)
    else throw syntaxError(`duplicate flag specified: --${name}`, statement.location)
  }
  return {
    text: (name) => values.get(name)?.[0],
    bool: (name) => (values.has(name) ? values.get(name)?.[0] === 'true' : undefined),
    list: (name) => values.get(name) ?? [],
  }
}

function parseFlag(
  flag: string,
  known: Readonly<Record<string, FlagKind>>,
  { keyword, location }: Statement,
): { name: string; value: string } {
  const equals = flag.indexOf('=')
  const name = equals < 0 ? flag.slice(2) : flag.slice(2, equals)
  const value = equals < 0 ? undefined : flag.slice(equals + 1)
  const kind = Object.hasOwn(known, name) ? known[name] : undefined
  if (kind === undefined) {
    const near = suggest(name, Object.keys(known))
    const meant = didYouMean(near === undefined ? undefined : `--${near}`)
    throw syntaxError(`unknown flag: --${excerpt(name)}${meant}`, location, flagHint(keyword, known))
  }
  if (kind === 'bool') return { name, value: parseBool(name, value, location) }
  if (value === undefined) throw syntaxError(`missing a value on flag: --${name}`, location)
  return { name, value }
}

function flagHint(keyword: string, known: Readonly<Record<string, FlagKind>>): string {
  const names = Object.keys(known).map((name) => `--${name}`)
  return names.length === 0 ? `${keyword} takes no flags.` : `Flags of ${keyword}: ${names.join(', ')}.`
}

function parseBool(name: string, value: string | undefined, location: Statement['location']): string {
  if (value === '') throw syntaxError(`missing a value on flag: --${name}`, location)
  const lower = (value ?? 'true').toLowerCase()
  if (lower === 'true' || lower === 'false') return lower
  throw syntaxError(`expecting boolean value for flag --${name}, not: ${excerpt(value ?? '')}`, location)
}

/** The bare names of the flags, for instructions that ignore them. */
export function flagNames(statement: Statement): string[] {
  return statement.flags.map((flag) => excerpt(flag.split('=', 1)[0] ?? flag))
}

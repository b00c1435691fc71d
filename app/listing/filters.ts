import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'

/** One `--filter KEY=VALUE`. */
export interface Filter {
  readonly key: string
  readonly value: string
  /** Written with `!=`: what has the value is left out. */
  readonly negated: boolean
}

/**
 * Reads the words of `--filter`. `known` are the keys that the command has; one that also takes `!=` is listed a second time
 * with a `!` behind it. Errors: USAGE with the list of keys and the one most likely meant.
 */
export function parseFilters(words: readonly string[] | undefined, known: readonly string[]): Filter[] {
  return (words ?? []).map((word) => parseFilter(word, known))
}

function parseFilter(word: string, known: readonly string[]): Filter {
  const [, key, mark, value] = /^\s*([^=!\s]+)\s*(!?)=\s*(.*)$/s.exec(word) ?? []
  if (key === undefined || value === undefined || value === '') {
    throw new IbuildError('USAGE', `--filter: ${JSON.stringify(word)} is not KEY=VALUE`, { hint: hintFor(known) })
  }
  const negated = mark === '!'
  if (known.includes(negated ? `${key}!` : key)) return { key, value, negated }
  if (negated && known.includes(key)) {
    throw new IbuildError('USAGE', `--filter: ${key} does not take !=`, { hint: hintFor(known) })
  }
  const similar = suggest(key, keysOf(known))
  const meant = similar === undefined ? '' : `Did you mean ${similar}? `
  throw new IbuildError('USAGE', `--filter: unknown key ${JSON.stringify(key)}`, { hint: meant + hintFor(known) })
}

function hintFor(known: readonly string[]): string {
  return `The keys are ${keysOf(known).join(', ')}.`
}

function keysOf(known: readonly string[]): string[] {
  return known.filter((key) => !key.endsWith('!'))
}

/** The values of all filters with that key. */
export function valuesOf(filters: readonly Filter[], key: string, negated = false): string[] {
  return filters.flatMap((filter) => (filter.key === key && filter.negated === negated ? [filter.value] : []))
}

/** The value of a filter that may be given once. Errors: USAGE when it stands there several times. */
export function onlyValue(filters: readonly Filter[], key: string): string | undefined {
  const [value, ...others] = valuesOf(filters, key)
  if (others.length > 0) throw new IbuildError('USAGE', `--filter: ${key} can be given once`)
  return value
}

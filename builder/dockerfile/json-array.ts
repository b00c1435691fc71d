import type { SourceLocation } from '../../shared/base/errors.ts'
import { syntaxError } from './fail.ts'
import { trimStart } from './words.ts'

/**
 * The strings of a JSON array (exec form), or undefined when the text is none: then it is meant in shell form. An
 * array that holds anything but strings is DOCKERFILE_SYNTAX.
 */
export function parseJsonArray(text: string, location: SourceLocation): string[] | undefined {
  const start = trimStart(text)
  if (!start.startsWith('[')) return undefined
  const value = tryJson(start)
  if (!Array.isArray(value)) return undefined
  return value.map((item: unknown) => {
    if (typeof item === 'string') return item.toWellFormed()
    throw syntaxError('when using JSON array syntax, arrays must be comprised of strings only', location)
  })
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

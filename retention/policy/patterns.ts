import { BadPattern, parsePattern } from '../../shared/base/name-pattern.ts'
import { choice } from '../../shared/config/kinds.ts'
import { ofKind, shown } from './guards.ts'
import { halfAnchored } from './half-anchored.ts'
import type { Matcher, Syntax } from './matcher.ts'
import { type Findings, note, type Place, type Read } from './place.ts'
import { parseRegex, type SizedMatcher, TooLarge } from './regex.ts'

const mostPatterns = 1000
/** Instructions of all patterns together: this bounds what a policy takes in memory. */
const largestPrograms = 50_000

export const syntaxWord = ofKind(choice('regex', 'glob'))

/** A pattern of the syntax that the block around it says. */
export function patternOf(syntax: Syntax): Read<Matcher> {
  return syntax === 'glob' ? checked(({ text, path }) => parseGlob(text, path)) : readRegex
}

interface Written {
  readonly text: string
  readonly path: string
}

/** Notes what is wrong with a pattern, and counts those of the document. */
function checked<T>(parse: (written: Written, findings: Findings) => T): Read<T> {
  return (value, place) => {
    const { path, findings } = place
    if (typeof value !== 'string') return note(place, `expected a pattern, found ${shown(value)}: put it in quotes`)
    if (++findings.patterns > mostPatterns) return noteOnce(place, `is one pattern too many: ${mostPatterns} in all`)
    if (findings.programSize > largestPrograms) return noteOnce(place, beyond)
    try {
      return parse({ text: value, path }, findings)
    } catch (error) {
      if (error instanceof BadPattern) return note(place, error.message)
      throw error
    }
  }
}

const beyond = 'is too much beside the patterns before it: all together are too large'

/**
 * A regular expression. One that is too large counts, too: compiling many of them takes long. One that is anchored at one side is refused,
 * as it would keep or protect nothing of what its writer means.
 */
export const readRegex: Read<SizedMatcher> = checked(({ text, path }, findings) => {
  try {
    const matcher = parseRegex(text, path)
    findings.programSize += matcher.programSize
    if (findings.programSize > largestPrograms) throw new BadPattern(beyond)
    const advice = halfAnchored(text)
    if (advice !== undefined)
      throw new BadPattern(`must fit the whole text, but is anchored at one side only: ${advice}`)
    return matcher
  } catch (error) {
    if (error instanceof TooLarge) findings.programSize += error.programSize
    throw error
  }
})

/** Later patterns would have the same problem. */
function noteOnce(place: Place, message: string): undefined {
  if (!place.findings.problems.some((problem) => problem.message === message)) note(place, message)
}

/** A pattern as shells have it; what it says is in name-pattern.ts. Errors: {@link BadPattern}. */
export function parseGlob(text: string, path: string): Matcher {
  const pattern = parsePattern(text)
  const matches = (name: string): boolean => pattern.matches(name)
  return { text, syntax: 'glob', path, matches, groups: (name) => (matches(name) ? {} : undefined) }
}

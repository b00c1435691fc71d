import { BadPattern, parsePattern } from '../../shared/base/name-pattern.ts'
import { choice } from '../../shared/config/kinds.ts'
import { ofKind, shown } from './guards.ts'
import type { Matcher, Syntax } from './matcher.ts'
import { note, type Place, type Read } from './place.ts'
import { parseRegex } from './regex.ts'

const mostPatterns = 1000
/** Instructions of all patterns together: this bounds what a policy takes in memory. */
const largestPrograms = 50_000

export const syntaxWord = ofKind(choice('regex', 'glob'))

/** A pattern of the syntax that the block around it says. */
export function patternOf(syntax: Syntax): Read<Matcher> {
  return (value, place) => {
    if (typeof value !== 'string') return note(place, `expected a pattern, found ${shown(value)}: put it in quotes`)
    if (++place.findings.patterns > mostPatterns)
      return noteOnce(place, `is one pattern too many: ${mostPatterns} in all`)
    try {
      return syntax === 'glob' ? parseGlob(value, place.path) : bounded(parseRegex(value, place.path), place)
    } catch (error) {
      if (error instanceof BadPattern) return note(place, error.message)
      throw error
    }
  }
}

function bounded(matcher: ReturnType<typeof parseRegex>, place: Place): Matcher | undefined {
  place.findings.programSize += matcher.programSize
  if (place.findings.programSize <= largestPrograms) return matcher
  return noteOnce(place, 'is too much beside the patterns before it: all together are too large')
}

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

import { BadPattern } from '../../shared/base/name-pattern.ts'
import { shown } from './guards.ts'
import type { Matcher } from './matcher.ts'
import { note, type Read } from './place.ts'
import { parseRegex } from './regex.ts'

/** What keep-N is counted by, and the names of its groups. */
export interface Group {
  readonly matcher: Matcher
  readonly names: readonly string[]
}

/** A regular expression on the tag with named groups. */
export const readGroup: Read<Group> = (value, place) => {
  if (typeof value !== 'string') return note(place, `expected a pattern, found ${shown(value)}`)
  try {
    const matcher = parseRegex(value, place.path)
    if (matcher.names.length > 0) return { matcher, names: matcher.names }
    return note(place, 'has no named group: write (?<name>...) around what tags of one group share')
  } catch (error) {
    if (error instanceof BadPattern) return note(place, error.message)
    throw error
  }
}

import type { Matcher } from './matcher.ts'
import { readRegex } from './patterns.ts'
import { note, type Read } from './place.ts'

/** What keep-N is counted by, and the names of its groups. */
export interface Group {
  readonly matcher: Matcher
  readonly names: readonly string[]
}

/** A regular expression on the tag with named groups. */
export const readGroup: Read<Group> = (value, place) => {
  const matcher = readRegex(value, place)
  if (matcher === undefined) return undefined
  if (matcher.names.length > 0) return { matcher, names: matcher.names }
  return note(place, 'has no named group: write (?<name>...) around what tags of one group share')
}

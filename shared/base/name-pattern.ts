import { Minimatch } from 'minimatch'

/** Which names of repositories, or tags, something is about. */
export interface NamePattern {
  readonly text: string
  matches(name: string): boolean
}

/** A text that is no pattern; the message says why. */
export class BadPattern extends Error {
  override readonly name = 'BadPattern'
}

const longest = 256
/** Alternatives that braces may stand for. */
const mostAlternatives = 100

/**
 * A pattern as people know it from shells: `*` is anything within one part of a name, `**` any number of parts, `?` one
 * character, `[a-z]` one of several, `{a,b}` one of two. It must fit the whole name. Matching takes a time that grows with the
 * lengths of both only. Errors: {@link BadPattern}.
 */
export function parsePattern(text: string): NamePattern {
  if (text === '') throw new BadPattern('a pattern cannot be empty')
  if (text.length > longest) throw new BadPattern(`a pattern has at most ${longest} characters`)
  if (!/^[\w.*?[\]{},/!^-]+$/.test(text)) {
    throw new BadPattern(`${JSON.stringify(text)}: no name has such a character`)
  }
  const matcher = new Minimatch(text, {
    braceExpandMax: mostAlternatives,
    dot: true,
    nocomment: true,
    noext: true,
    nonegate: true,
    optimizationLevel: 0,
    platform: 'linux',
  })
  return { text, matches: (name) => matcher.match(name) }
}

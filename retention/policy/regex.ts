import { RE2JS, RE2JSException } from 're2js'
import { BadPattern } from '../../shared/base/name-pattern.ts'
import { explained } from './explain-regex.ts'
import type { Matcher } from './matcher.ts'
import { nativeGroups } from './native-groups.ts'

const longest = 1000
/** Instructions: what `(?:[a-z]{0,100}-){20}` takes, and nothing that a person wrote for names. */
const largestProgram = 5000

/** A pattern with what it takes to run it. */
export interface SizedMatcher extends Matcher {
  readonly programSize: number
  /** Of its groups. */
  readonly names: readonly string[]
}

/** A pattern that takes too much to be run, and so did to compile it. */
export class TooLarge extends BadPattern {
  readonly programSize: number

  constructor(programSize: number) {
    super(`is too large (${programSize} instructions, more than ${largestProgram}): repeat less`)
    this.programSize = programSize
  }
}

/**
 * A regular expression of RE2 that must fit the whole text: `^` and `$` at its ends say what is so anyway. The engine never goes back in
 * the text, so that its time grows with the length of the text alone; texts of any length are looked at, as one that were not would
 * count as one that no keep pattern fits. Errors: {@link BadPattern}.
 */
export function parseRegex(text: string, path: string): SizedMatcher {
  if (text === '') throw new BadPattern('is empty: it would fit no name')
  if (text.length > longest) throw new BadPattern(`has more than ${longest} characters`)
  const regex = compiled(text)
  const programSize = regex.programSize()
  if (programSize > largestProgram) throw new TooLarge(programSize)
  boundStates(regex)
  const names = Object.keys(regex.namedGroups())
  const native = nativeGroups(text)
  const matches = (name: string): boolean => (native?.knows(name) === true ? native.fits(name) : regex.testExact(name))
  const groups = (name: string): Groups => {
    if (names.length === 0) return matches(name) ? {} : undefined
    return native?.knows(name) === true ? native.in(name) : groupsIn(regex, names, name)
  }
  return { text, syntax: 'regex', path, programSize, names, matches, groups }
}

type Groups = ReturnType<Matcher['groups']>

/** The states that the engine remembers, of each pattern; beyond that it forgets them, or does without. */
const stateBytes = 128 * 1024

/** Its own bound is 8 MiB for each, and there may be a thousand patterns. */
function boundStates(regex: RE2JS): void {
  const { dfa } = regex.re2()
  dfa.stateBudget = stateBytes
  dfa.memBudget = stateBytes
}

function compiled(text: string): RE2JS {
  try {
    return RE2JS.compile(text)
  } catch (error) {
    if (error instanceof RE2JSException) throw new BadPattern(explained(text, error.message))
    throw error
  }
}

/** A group that is in no way to the match caught nothing. */
function groupsIn(regex: RE2JS, names: readonly string[], text: string): Groups {
  const matcher = regex.matcher(text)
  if (!matcher.matches()) return undefined
  return Object.fromEntries(names.map((name) => [name, matcher.group(name) ?? '']))
}

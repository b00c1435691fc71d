import type { EscapeCharacter } from './words.ts'

/**
 * The glob of `${v#pat}`, `${v%pat}` and `${v/pat/rep}`: `?` is one character, `*` any number of them, everything else
 * itself; there are no brackets. It is held as the runs of single characters between the stars, so that matching never
 * backtracks: time is at most length of the pattern times length of the value.
 */
export interface Pattern {
  /** `a*b` has the runs `a` and `b`, `*` has two empty ones. Code points; undefined stands for `?`. */
  readonly runs: readonly Run[]
}

type Run = readonly (string | undefined)[]

/**
 * Reads a pattern whose escapes are still in it; returns the text of the wrong escape when there is one. In a file
 * whose escape character is a backtick, `\` before a special character escapes too, and is itself elsewhere.
 */
export function parsePattern(text: string, escape: EscapeCharacter): Pattern | { readonly invalid: string } {
  let run: (string | undefined)[] = []
  const runs = [run]
  const characters = Array.from(text)
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ''
    const next = characters[index + 1]
    if (character === '*') {
      run = []
      runs.push(run)
    } else if (character === '?') run.push(undefined)
    else if ((character === escape || character === '\\') && isSpecial(next, character)) {
      run.push(next)
      index++
    } else if (character === escape) return { invalid: escape + (next ?? '') }
    else run.push(character)
  }
  return { runs }
}

function isSpecial(character: string | undefined, escape: string): boolean {
  return character !== undefined && (character === escape || '*?}/'.includes(character))
}

/** Number of comparisons that a search may need. */
export function matchCost(pattern: Pattern, value: string): number {
  return pattern.runs.reduce((sum, run) => sum + run.length + 1, 0) * (value.length + 1)
}

/** Removes the shortest or longest start that matches. */
export function trimPrefix(value: string, pattern: Pattern, longest: boolean): string {
  const characters = Array.from(value)
  const end = matchAt(characters, pattern, { start: 0, longest })
  return end === undefined ? value : characters.slice(end).join('')
}

/** Removes the shortest or longest end that matches. */
export function trimSuffix(value: string, pattern: Pattern, longest: boolean): string {
  const characters = Array.from(value).reverse()
  const reversed = { runs: pattern.runs.map((run) => run.toReversed()).reverse() }
  const end = matchAt(characters, reversed, { start: 0, longest })
  return end === undefined ? value : characters.slice(end).reverse().join('')
}

/** Replaces the first match, or every one; a match is the longest at its place. Returns the pieces to join. */
export function replace(
  value: string,
  pattern: Pattern,
  options: { readonly by: string; readonly all: boolean },
): string[] {
  const characters = Array.from(value)
  const pieces: string[] = []
  let kept = 0
  let position = 0
  while (position <= characters.length) {
    const match = find(characters, pattern, position)
    if (match === undefined) break
    const emptyAfterMatch = match.start === match.end && match.end === kept && kept > 0 && pieces.length > 0
    if (!emptyAfterMatch) {
      pieces.push(characters.slice(kept, match.start).join(''), options.by)
      kept = match.end
      if (!options.all) break
    }
    position = match.end > match.start ? match.end : match.end + 1
  }
  pieces.push(characters.slice(kept).join(''))
  return pieces
}

interface Match {
  readonly start: number
  readonly end: number
}

/** The leftmost match from `from` on, as long as possible. */
function find(value: readonly string[], pattern: Pattern, from: number): Match | undefined {
  const first = pattern.runs[0] ?? []
  const start = pattern.runs.length > 1 && first.length === 0 ? from : findRun(value, first, from)
  if (start === undefined) return undefined
  const end = matchAt(value, pattern, { start, longest: true })
  return end === undefined ? undefined : { start, end }
}

/** Where the match that begins at `start` ends, or undefined. */
function matchAt(
  value: readonly string[],
  { runs }: Pattern,
  { start, longest }: { readonly start: number; readonly longest: boolean },
): number | undefined {
  const first = runs[0] ?? []
  if (!runMatches(value, first, start)) return undefined
  let end = start + first.length
  for (const [index, run] of runs.slice(1).entries()) {
    const last = index === runs.length - 2
    const found = last && longest ? findLastRun(value, run, end) : findRun(value, run, end)
    if (found === undefined) return undefined
    end = found + run.length
  }
  return end
}

function findRun(value: readonly string[], run: Run, from: number): number | undefined {
  for (let at = from; at + run.length <= value.length; at++) if (runMatches(value, run, at)) return at
  return undefined
}

function findLastRun(value: readonly string[], run: Run, from: number): number | undefined {
  for (let at = value.length - run.length; at >= from; at--) if (runMatches(value, run, at)) return at
  return undefined
}

function runMatches(value: readonly string[], run: Run, at: number): boolean {
  if (at + run.length > value.length) return false
  for (let index = 0; index < run.length; index++) {
    if (run[index] !== undefined && run[index] !== value[at + index]) return false
  }
  return true
}

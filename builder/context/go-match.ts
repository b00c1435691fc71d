import { invalidRune, runeAt } from './byte-text.ts'

/** Thrown by {@link goMatch} for a pattern that is malformed. */
export class BadPattern extends Error {
  override readonly name = 'BadPattern'
}

/**
 * Go's filepath.Match over byte strings: `*` and `?` do not cross a slash, `[a-z]` and `[^a]` are classes (which may
 * match a slash), `\` takes the next character as it is. Time is at most the product of both lengths. Throws
 * {@link BadPattern} for a malformed part; like Go, not for one that stands behind a star that is never reached.
 */
export function goMatch(pattern: string, name: string): boolean {
  let rest = 0
  for (let at = 0; at < pattern.length; ) {
    const chunk = scanChunk(pattern, at)
    if (chunk.star && chunk.start === chunk.end) return !name.includes('/', rest)
    const last = chunk.end === pattern.length
    const next = placeChunk(pattern, chunk, { name, from: rest, last })
    at = chunk.end
    if (next < 0) return false
    rest = next
  }
  return rest === name.length
}

/** True when a word of COPY or ADD has a `*`, `?` or `[` that no backslash guards. */
export function hasWildcard(word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const char = word[i]
    if (char === '\\') i++
    else if (char === '*' || char === '?' || char === '[') return true
  }
  return false
}

interface Chunk {
  /** Whether stars stand before the chunk. */
  readonly star: boolean
  readonly start: number
  readonly end: number
}

function scanChunk(pattern: string, at: number): Chunk {
  let start = at
  while (pattern[start] === '*') start++
  let end = start
  for (let inClass = false; end < pattern.length; end++) {
    const char = pattern[end]
    if (char === '\\') end += end + 1 < pattern.length ? 1 : 0
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '*' && !inClass) break
  }
  return { star: start > at, start, end }
}

/** The position behind the chunk's first fitting place, -1 when it fits nowhere. */
function placeChunk(pattern: string, chunk: Chunk, at: { name: string; from: number; last: boolean }): number {
  const { name, from, last } = at
  for (let i = from; ; i++) {
    const end = matchChunk(pattern, chunk, { name, at: i })
    if (end >= 0 && (end === name.length || !last)) return end
    if (!chunk.star || i >= name.length || name[i] === '/') return -1
  }
}

/** Matches a chunk without stars at a position; the position behind it, or -1. The whole chunk is checked for syntax. */
function matchChunk(pattern: string, chunk: Chunk, where: { name: string; at: number }): number {
  const { name } = where
  let at = where.at
  let failed = false
  for (let i = chunk.start; i < chunk.end; ) {
    if (!failed && at >= name.length) failed = true
    const char = pattern[i]
    if (char === '[') {
      const rune = failed ? { code: 0, width: 0 } : runeAt(name, at)
      const code = rune.code === invalidRune ? 0xfffd : rune.code
      const result = matchClass(pattern.slice(0, chunk.end), i + 1, code)
      if (!result.matched) failed = true
      at += rune.width
      i = result.end
    } else if (char === '?') {
      if (!failed && name[at] === '/') failed = true
      if (!failed) at += runeAt(name, at).width
      i++
    } else {
      if (char === '\\' && ++i >= chunk.end) throw new BadPattern()
      if (!failed && pattern[i] !== name[at]) failed = true
      at++
      i++
    }
  }
  return failed ? -1 : at
}

function matchClass(pattern: string, start: number, code: number): { matched: boolean; end: number } {
  let at = start
  const negated = pattern[at] === '^'
  if (negated) at++
  let matched = false
  for (let ranges = 0; ; ranges++) {
    if (pattern[at] === ']' && ranges > 0) return { matched: matched !== negated, end: at + 1 }
    const low = classRune(pattern, at)
    const high = pattern[low.end] === '-' ? classRune(pattern, low.end + 1) : low
    if (low.code <= code && code <= high.code) matched = true
    at = high.end
  }
}

/** One end of a range. A class must go on behind it. */
function classRune(pattern: string, start: number): { code: number; end: number } {
  let at = start
  if (at >= pattern.length || pattern[at] === '-' || pattern[at] === ']') throw new BadPattern()
  if (pattern[at] === '\\' && ++at >= pattern.length) throw new BadPattern()
  const rune = runeAt(pattern, at)
  const end = at + rune.width
  if (rune.code < 0 || end >= pattern.length) throw new BadPattern()
  return { code: rune.code, end }
}

import type { Dockerfile } from './types.ts'

export type EscapeCharacter = Dockerfile['escape']

const spaceClass = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const space = new RegExp(`[${spaceClass}]`)

/** A run of Unicode white space (category White_Space, as Go's unicode.IsSpace; not JavaScript's `\s`). */
export const spaceRun: RegExp = new RegExp(`[${spaceClass}]+`)

export function isSpace(character: string | undefined): boolean {
  if (character === undefined || character === '') return false
  const code = character.charCodeAt(0)
  return code < 0x80 ? code === 0x20 || (code >= 0x09 && code <= 0x0d) : space.test(character)
}

/** Removes white space at the start; linear in what it removes. */
export function trimStart(text: string): string {
  let start = 0
  while (start < text.length && isSpace(text[start])) start++
  return text.slice(start)
}

/** Removes white space at both ends. */
export function trimSpace(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(text[end - 1])) end--
  return trimStart(text.slice(0, end))
}

/** Splits at blanks, quotes have no meaning. An empty text has no words. */
export function splitBlank(text: string): string[] {
  return text === '' ? [] : text.split(/[\t\v\f\r ]+/)
}

/**
 * Splits at white space outside of quotes. Quotes and escapes stay in the words: expansion removes them. An escape
 * character that ends the text is dropped; a quote that is not closed reaches to the end (expansion refuses it).
 */
export function splitQuoted(text: string, escape: EscapeCharacter): string[] {
  const words: string[] = []
  let position = 0
  for (;;) {
    while (position < text.length && isSpace(text[position])) position++
    if (position >= text.length) return words
    const { end, dangling } = quotedWordEnd(text, position, escape)
    const word = text.slice(position, dangling ? end - 1 : end)
    if (word !== '') words.push(word)
    position = end
  }
}

/** Where the word that starts at `position` ends, and whether its last character is an escape with nothing to escape. */
function quotedWordEnd(text: string, start: number, escape: EscapeCharacter): { end: number; dangling: boolean } {
  let quote = ''
  let position = start
  while (position < text.length) {
    const character = text[position] ?? ''
    if (character === escape && quote !== "'") {
      if (position + 1 === text.length) return { end: text.length, dangling: true }
      position += 2
      continue
    }
    if (quote === '' && isSpace(character)) break
    if (character === quote) quote = ''
    else if (quote === '' && (character === "'" || character === '"')) quote = character
    position++
  }
  return { end: Math.min(position, text.length), dangling: false }
}
